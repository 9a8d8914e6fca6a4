"""requirements.txt, what pip installs, is uv.lock, what uv installs."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.markers import Marker
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
ENVIRONMENTS = [
    {
        "python_version": version,
        "python_full_version": f"{version}.4",
        "sys_platform": platform,
        "platform_system": system,
        "os_name": "posix",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "extra": "",
    }
    for version in ("3.11", "3.12", "3.13", "3.14")
    for platform, system in (("linux", "Linux"), ("darwin", "Darwin"))
]
ENVIRONMENT_NAMES = [f"{each['sys_platform']}-{each['python_version']}" for each in ENVIRONMENTS]


def _locked() -> list[dict]:
    return tomllib.loads((ROOT / "uv.lock").read_text())["package"]


def _files(package: dict) -> set[str]:
    return {each["hash"] for each in [package.get("sdist"), *package.get("wheels", [])] if each}


def _required(path: str = "requirements.txt") -> dict[tuple[str, str], tuple[Requirement, set[str]]]:
    text = re.sub(r"(?m)^\s*#.*\n", "", (ROOT / path).read_text()).replace("\\\n", " ")
    required = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        requirement = Requirement(line.split(" --hash=")[0])
        (specifier,) = requirement.specifier
        required[requirement.name, specifier.version] = (requirement, set(re.findall(r"--hash=(\S+)", line)))
    return required


def _applies(dependency: dict, environment: dict, extra: str = "") -> bool:
    return "marker" not in dependency or Marker(dependency["marker"]).evaluate({**environment, "extra": extra})


def _reached(environment: dict, *, with_tools: bool = True) -> set[tuple[str, str]]:
    """Return (name, version) of what the project with every extra and group needs on one platform, by uv.lock."""
    by_name: dict[str, list[dict]] = {}
    for package in _locked():
        by_name.setdefault(package["name"], []).append(package)
    (project,) = by_name["havre"]
    wanted = [*project["dependencies"]]
    for part in ("optional-dependencies", "dev-dependencies") if with_tools else ():
        wanted += [each for group in project.get(part, {}).values() for each in group]
    reached, seen = set(), set()
    while wanted:
        dependency = wanted.pop()
        if not _applies(dependency, environment):
            continue
        for package in by_name[dependency["name"]]:
            if dependency.get("version", package["version"]) != package["version"]:
                continue
            if "resolution-markers" in package and not any(
                Marker(each).evaluate(environment) for each in package["resolution-markers"]
            ):
                continue
            reached.add((package["name"], package["version"]))
            for extra in ("", *dependency.get("extra", [])):
                if (package["name"], package["version"], extra) not in seen:
                    seen.add((package["name"], package["version"], extra))
                    wanted += (
                        package.get("optional-dependencies", {}).get(extra, [])
                        if extra
                        else package.get("dependencies", [])
                    )
    return reached


def test_every_locked_package_is_required_in_the_same_version_and_no_other():
    locked = {(package["name"], package["version"]) for package in _locked() if package["name"] != "havre"}
    assert set(_required()) == locked


def test_every_requirement_has_exactly_the_hashes_of_the_locked_files():
    locked = {(package["name"], package["version"]): _files(package) for package in _locked()}
    assert {name: hashes for name, (_, hashes) in _required().items()} == {name: locked[name] for name in _required()}


def test_no_requirement_lacks_a_hash_and_all_are_sha256():
    assert all(hashes for _, hashes in _required().values())
    assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", each) for _, hashes in _required().values() for each in hashes)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=ENVIRONMENT_NAMES)
def test_on_each_platform_pip_chooses_what_uv_chooses(environment):
    chosen = {
        name
        for name, (requirement, _) in _required().items()
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }
    assert chosen == _reached(environment)


@pytest.mark.parametrize("environment", ENVIRONMENTS, ids=ENVIRONMENT_NAMES)
def test_the_image_gets_what_runs_and_no_tools(environment):
    chosen = {
        name
        for name, (requirement, _) in _required("deploy/requirements.txt").items()
        if requirement.marker is None or requirement.marker.evaluate(environment)
    }
    assert chosen == _reached(environment, with_tools=False)


def test_the_images_hashes_are_those_of_the_whole():
    whole = {name: hashes for name, (_, hashes) in _required().items()}
    image = {name: hashes for name, (_, hashes) in _required("deploy/requirements.txt").items()}
    assert image == {name: whole[name] for name in image}


def test_every_dependency_that_the_project_declares_is_locked():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    declared = [
        *project["project"]["dependencies"],
        *(each for group in project["project"]["optional-dependencies"].values() for each in group),
        *(each for group in project["dependency-groups"].values() for each in group),
    ]
    versions = dict(_required())
    unmet = [
        each
        for each in map(Requirement, declared)
        if not any(name == each.name and each.specifier.contains(version) for name, version in versions)
    ]
    assert unmet == []


def test_everything_comes_from_the_public_index():
    sources = {str(package["source"]) for package in _locked() if package["name"] != "havre"}
    assert len(sources) == 1
