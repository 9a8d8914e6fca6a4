"""What the `havre` command says to people, in English and French: one catalogue, each message named.

- A message stands once, both languages side by side, in the module of the thing that it is about:
  `words.pushing.PUSHED(pushed=3, already=0, refused=0)`.
- It is spoken in the language of `HAVRE_LANG`, else of the first of LC_ALL, LC_MESSAGES, LANG that says something; what
  is not French is English. Help is spoken in the language in which the command was started.
- `--json` speaks English, whatever the language: programs read it.
- `tests/client/test_words.py` walks the catalogue: the same placeholders in both languages, every message used.
"""
