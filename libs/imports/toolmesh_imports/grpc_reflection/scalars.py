"""JSON Schemas of scalar fields in the proto3 JSON mapping, as arguments and as replies.

Each is one that llguidance (constrained decoding) can write under, so it has no bounds that llguidance refuses.
"""

from collections.abc import Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

Schema = dict[str, Any]

_INT32: Schema = {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1}
_UINT32: Schema = {"type": "integer", "minimum": 0, "maximum": 2**32 - 1}
# The least double above -2**63: llguidance reads bounds as doubles and fails on -2**63. What is below goes as text.
_INT64: Schema = {"type": ["integer", "string"], "minimum": -(2**63) + 1024, "maximum": 2**63 - 1}
_UINT64: Schema = {"type": ["integer", "string"], "minimum": 0, "maximum": 2**64 - 1}
SIGNED_PATTERN = "^-?[0-9]{1,19}$"
UNSIGNED_PATTERN = "^[0-9]{1,20}$"
_SIGNED_TEXT: Schema = {"type": "string", "pattern": SIGNED_PATTERN}
_UNSIGNED_TEXT: Schema = {"type": "string", "pattern": UNSIGNED_PATTERN}
# json_format checks the range of single precision; llguidance knows no bounds beyond 1e18.
_FLOAT: Schema = {"type": ["number", "string"], "pattern": "^(NaN|-?Infinity)$"}
_BYTES: Schema = {
    "type": "string",
    "contentEncoding": "base64",
    "pattern": "^([A-Za-z0-9+/_-]{4})*([A-Za-z0-9+/_-]{2}(==)?|[A-Za-z0-9+/_-]{3}=?)?$",
}

_F = FieldDescriptor
_SMALL: dict[int, Schema] = {
    **dict.fromkeys((_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32), _INT32),
    **dict.fromkeys((_F.TYPE_UINT32, _F.TYPE_FIXED32), _UINT32),
    **dict.fromkeys((_F.TYPE_FLOAT, _F.TYPE_DOUBLE), _FLOAT),
    _F.TYPE_BOOL: {"type": "boolean"},
    _F.TYPE_STRING: {"type": "string"},
    _F.TYPE_BYTES: _BYTES,
}
_SIGNED = (_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64)
_UNSIGNED = (_F.TYPE_UINT64, _F.TYPE_FIXED64)

ARGUMENT_SCALARS: Mapping[int, Schema] = {
    **_SMALL,
    **dict.fromkeys(_SIGNED, _INT64 | {"pattern": SIGNED_PATTERN}),
    **dict.fromkeys(_UNSIGNED, _UINT64 | {"pattern": UNSIGNED_PATTERN}),
}
"""By field type: 64-bit integers as numbers or as text."""

REPLY_SCALARS: Mapping[int, Schema] = {
    **_SMALL,
    **dict.fromkeys(_SIGNED, _SIGNED_TEXT),
    **dict.fromkeys(_UNSIGNED, _UNSIGNED_TEXT),
}
"""By field type: 64-bit integers as text, which is how they are printed."""

MAP_KEY_PATTERNS: Mapping[int, str] = {
    **dict.fromkeys((_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32), "^-?[0-9]{1,10}$"),
    **dict.fromkeys((_F.TYPE_UINT32, _F.TYPE_FIXED32), "^[0-9]{1,10}$"),
    **dict.fromkeys(_SIGNED, SIGNED_PATTERN),
    **dict.fromkeys(_UNSIGNED, UNSIGNED_PATTERN),
}
"""What an integer map key looks like as text, by field type."""
