"""Cursors: where a row lies in one order of one connection, as text that clients pass back and never look into.

base64url, unpadded, of a JSON array: a mark of the connection and its order, then the values of the order's columns. A
cursor is taken only where it was made: any other text, well-formed or not, is BAD_USER_INPUT.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import BigInteger, Boolean, ColumnElement, Integer, Text, Uuid, cast, func, literal_column
from sqlalchemy.sql.elements import BindParameter
from sqlalchemy.types import Date, DateTime, String, TypeEngine

from schema.planner.arguments import Leaf
from schema.planner.binding import BadInput, Binder, Parameters, clean
from schema.scalars import instant

_MARK_LENGTH = 8
_PADDING = {0: "", 2: "==", 3: "="}


@dataclass(frozen=True, slots=True)
class Cursors:
    """The cursors of one connection in one order. types: of the order's columns."""

    mark: str
    types: tuple[TypeEngine[Any], ...]
    nullable: tuple[bool, ...]

    def of(self, columns: Sequence[ColumnElement[Any]]) -> ColumnElement[str]:
        """The cursor of the row whose columns these are."""
        text = cast(func.json_build_array(literal_column(f"'{self.mark}'"), *columns), Text)
        encoded = func.encode(func.convert_to(text, literal_column("'UTF8'")), literal_column("'base64'"))
        return func.translate(encoded, literal_column("E'+/=\\n'"), literal_column("'-_'"), type_=Text())

    def bounds(self, parameters: Parameters, leaf: Leaf) -> list[BindParameter[Any]]:
        """The values within a cursor a client gives, as parameters."""
        return [parameters.add(self._value(leaf, index), type_) for index, type_ in enumerate(self.types)]

    def _value(self, leaf: Leaf, index: int) -> Binder:
        return lambda run: self._decoded(leaf.get(run.variables))[index]

    def _decoded(self, cursor: str) -> list[object]:
        try:
            mark, *values = _parsed(cursor)
            made_here = mark == self.mark and len(values) == len(self.types)
            found = [_typed(*each) for each in zip(values, self.types, self.nullable, strict=False)]
        except (ValueError, TypeError, KeyError, OverflowError, BadInput) as error:
            raise _Foreign from error
        if not made_here:
            raise _Foreign
        return found


class _Foreign(BadInput):
    def __init__(self) -> None:
        super().__init__("This cursor was not made by this connection in this order; start again without it.")


@cache
def mark_of(*words: str) -> str:
    """Tells connections and their orders apart: a short digest of what names them."""
    return base64.urlsafe_b64encode(sha256("\n".join(words).encode()).digest())[:_MARK_LENGTH].decode()


def _parsed(cursor: str) -> list[Any]:
    encoded = cursor.encode("ascii")
    if not encoded.replace(b"-", b"").replace(b"_", b"").isalnum():
        raise ValueError
    try:
        text = base64.urlsafe_b64decode(encoded + _PADDING[len(encoded) % 4].encode())
    except binascii.Error as error:
        raise ValueError from error
    found = orjson.loads(text)
    if not isinstance(found, list) or not found:
        raise ValueError
    return found


def _typed(value: Any, type_: TypeEngine[Any], nullable: bool) -> object:
    """The value as the driver wants it; ValueError for one that this order cannot have made."""
    if value is None:
        if not nullable:
            raise ValueError
        return None
    if isinstance(type_, Boolean):
        return _exactly(bool, value)
    if isinstance(type_, Integer):
        bits = 63 if isinstance(type_, BigInteger) else 31
        if not -(2**bits) <= _exactly(int, value) < 2**bits:
            raise ValueError
        return value
    word: str = _exactly(str, value)
    if isinstance(type_, Uuid):
        return UUID(word)
    if isinstance(type_, DateTime):
        return instant(word)
    if isinstance(type_, Date):
        return date.fromisoformat(word)
    if isinstance(type_, String):
        return clean(word)
    message = f"rows cannot be ordered by {type_}"
    raise TypeError(message)


def _exactly(kind: type, value: Any) -> Any:
    """No subclasses: true is no number."""
    if type(value) is not kind:
        raise ValueError
    return value
