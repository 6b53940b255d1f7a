"""The errors of the look-alike, in the words and bodies of the real server."""

from typing import Any


class PrimeroError(Exception):
    """An answer other than success. `detail` names a field, or lists JSON pointers."""

    def __init__(self, status: int, message: str | list[str], detail: object = None) -> None:
        super().__init__(status)
        self.status, self.message, self.detail = status, message, detail

    def body(self, path: str) -> dict[str, Any]:
        """Return the error body."""
        item: dict[str, Any] = {
            "status": self.status, "resource": path, "message": self.message,
        }  # fmt: skip
        if self.detail is not None:
            item["detail"] = self.detail
        return {"errors": [item]}


def not_found(what: str) -> PrimeroError:
    """Return the error for a missing record."""
    return PrimeroError(404, "Not Found", f"Couldn't find {what}")


def invalid(pointers: list[str]) -> PrimeroError:
    """Return the error for fields that do not fit their definitions."""
    return PrimeroError(422, "Invalid Record JSON", pointers)
