import pytest
from hypothesis import given
from hypothesis import strategies as st

from crypto.merkle import EMPTY_ROOT, Frontier, leaf_hash, root
from crypto.merkle import consistency_path as path_between
from crypto.merkle import inclusion_path as path_of
from crypto.refusals import NotVerified
from crypto.tiles import (
    Bundle,
    Tile,
    consistency_path,
    consistency_tiles,
    entries_path,
    entry_bundle,
    inclusion_path,
    inclusion_tiles,
    peak_tiles,
    peaks,
    read_entries_path,
    read_entry_bundle,
    read_tile_path,
    tile_path,
    tile_width,
)

MANY = 66_000
LEAVES = [leaf_hash(b"leaf %d" % number) for number in range(MANY)]
FULL = [LEAVES, [root(LEAVES[at : at + 256]) for at in range(0, MANY - 255, 256)], [root(LEAVES[:65_536])]]
MILLION = 1_000_000


def reading(size):
    """Read tiles as C2SP tlog-tiles defines them, refusing those that a tree of this size does not have."""

    def read(tile):
        assert tile.width == min(256, (size >> 8 * tile.level) - 256 * tile.index) > 0
        return b"".join(FULL[tile.level][256 * tile.index : 256 * tile.index + tile.width])

    return read


def test_the_index_of_a_tile_is_spelled_as_in_the_published_example():
    assert tile_path(0, 1_234_067) == "tile/0/x001/x234/067"


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(level=0, index=0), "tile/0/000"),
        (Tile(level=0, index=1_234, width=5), "tile/0/x001/234.p/5"),
        (Tile(level=63, index=999, width=255), "tile/63/999.p/255"),
        (Tile(level=1, index=1_000), "tile/1/x001/000"),
    ],
)
def test_a_tile_has_one_path(tile, path):
    assert tile_path(tile.level, tile.index, tile.width) == path
    assert read_tile_path(path) == tile
    assert read_tile_path(path).first == 256 * tile.index


def test_a_bundle_of_entries_has_one_path():
    assert entries_path(1_234, 7) == "tile/entries/x001/234.p/7"
    assert read_entries_path("tile/entries/x001/234.p/7") == Bundle(index=1_234, width=7)


@pytest.mark.parametrize(
    "path",
    [
        *("tile/00/000", "tile/64/000", "tile/-1/000", "tile/0/0", "tile/0/0000", "tile/0/x000/001", "tile/0/001/000"),
        *("tile/0/x001", "tile/0/x001/x000", "tile/0/000.p/0", "tile/0/000.p/256", "tile/0/000.p/01", "tile/0/000.p/"),
        *(
            "tile/0/000\n",
            "/tile/0/000",
            "tile/0/000/",
            "tile/0/\u0660\u0660\u0660",
            "tile/0/000.p/1.p/1",
            "tile//000",
            "tile/1/../000",
        ),
        *("tile/0/" + "x999/" * 9 + "999", "tile/0/x010/x000/x000/x000/x000/x000/000", "tile/entries/000"),
    ],
)
def test_another_spelling_of_a_path_is_refused(path):
    with pytest.raises(NotVerified, match="tile_path"):
        read_tile_path(path)


@pytest.mark.parametrize("path", ["tile/0/000", "tile/entries/0", "tile/entries/000.p/256", "tile/entries/x000/001"])
def test_another_spelling_of_a_bundle_is_refused(path):
    with pytest.raises(NotVerified, match="tile_path"):
        read_entries_path(path)


@pytest.mark.parametrize(
    ("level", "index", "width"), [(64, 0, 256), (0, -1, 256), (0, 0, 0), (0, 0, 257), (0, 2**63, 1)]
)
def test_there_is_no_path_of_what_is_no_tile(level, index, width):
    with pytest.raises(ValueError, match="a "):
        tile_path(level, index, width)


def test_a_tree_of_70000_leaves_has_the_tiles_of_the_published_example():
    widths = [tile_width(0, 272, size=70_000), tile_width(0, 273, size=70_000), tile_width(0, 274, size=70_000)]
    assert widths == [256, 112, 0]
    assert [tile_width(1, index, size=70_000) for index in range(3)] == [256, 17, 0]
    assert [tile_width(2, index, size=70_000) for index in range(2)] == [1, 0]


@pytest.mark.parametrize("size", [1, 2, 7, 255, 256, 257, 511, 512, 700, 65_535, 65_536, 65_537, MANY])
def test_paths_from_tiles_are_those_from_all_leaves(size):
    index, first = size * 2 // 3, size // 3
    leaves, read = LEAVES[:size], reading(size)
    assert inclusion_path(index, size, read) == path_of(leaves, index)
    assert consistency_path(first, size, read) == path_between(leaves, first)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 65_536, MANY])
def test_the_peaks_from_tiles_are_those_of_the_growing_edge(size):
    frontier = Frontier()
    for leaf in LEAVES[:size]:
        frontier.append(leaf)
    assert tuple(peaks(size, reading(size))) == frontier.peaks
    assert frontier.root == root(LEAVES[:size])


def unread(tile):
    raise AssertionError(f"{tile} need not be read")


@given(st.data())
def test_where_the_peaks_are_known_the_right_edge_is_not_read(data):
    size = data.draw(st.integers(1, 3_000))
    index, first = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size))
    known, needed = peaks(size, reading(size)), set(inclusion_tiles(index, size, knows_peaks=True))
    path = inclusion_path(
        index, size, lambda tile: reading(size)(tile) if tile in needed else unread(tile), peaks=known
    )
    assert path == inclusion_path(index, size, reading(size))
    needed = set(consistency_tiles(first, size, knows_peaks=True))
    path = consistency_path(
        first, size, lambda tile: reading(size)(tile) if tile in needed else unread(tile), peaks=known
    )
    assert path == consistency_path(first, size, reading(size))


@given(st.integers(0, MILLION - 1))
def test_a_proof_of_a_million_leaves_needs_three_tiles_and_the_peaks(index):
    assert len(inclusion_tiles(index, MILLION, knows_peaks=True)) <= 3
    assert len(consistency_tiles(index, MILLION, knows_peaks=True)) <= 3
    assert len(inclusion_tiles(index, MILLION)) <= 5


def test_the_peaks_lie_in_the_tiles_of_the_right_edge():
    assert peak_tiles(70_000) == [
        Tile(level=0, index=273, width=112),
        Tile(level=1, index=1, width=17),
        Tile(level=2, index=0, width=1),
    ]


def test_a_tile_of_another_width_is_refused():
    with pytest.raises(NotVerified, match="tile"):
        inclusion_path(3, 5, lambda tile: b"x" * 32 * (tile.width - 1))


@pytest.mark.parametrize(("index", "size"), [(-1, 3), (3, 3), (0, 0)])
def test_there_are_no_tiles_for_a_leaf_that_is_not_there(index, size):
    with pytest.raises(IndexError):
        inclusion_tiles(index, size)


def test_entries_stand_behind_their_lengths():
    bundle = entry_bundle([b"a" * 64, b""])
    assert bundle == b"\x00\x40" + b"a" * 64 + b"\x00\x00"
    assert read_entry_bundle(bundle) == [b"a" * 64, b""]


@pytest.mark.parametrize("bundle", [b"\x00", b"\x00\x01", b"\x00\x02a", b"\x00\x01a\x00"])
def test_a_bundle_that_ends_inside_an_entry_is_refused(bundle):
    with pytest.raises(NotVerified, match="entry_bundle"):
        read_entry_bundle(bundle)


def test_a_tree_of_nothing_has_no_peaks():
    assert Frontier().root == EMPTY_ROOT
    assert (Frontier().peaks, peak_tiles(0)) == ((), [])
