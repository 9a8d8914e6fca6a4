"""The shared language: every object of the wire as a marshmallow schema beside a frozen dataclass.

Pure: no clock, no network, no database; imports nothing of ours. Marshmallow is the only place where a field is
described; the fast validator (`bulk.py`) and the JSON Schema export (`openapi.py`) are derived from it.
"""
