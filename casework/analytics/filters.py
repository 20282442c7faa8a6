"""What a dispatcher narrowed the queue to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class BoardFilters:
    """What the dispatcher narrowed the queue to; an empty value narrows nothing."""

    text: str = ""
    priority: int | None = None
    category: str = ""
    status: str = ""
    area: str = ""
    light: str = ""

    def as_query(self) -> dict[str, str]:
        """Give the filters that narrow, as query parameters."""
        pairs = {
            "q": self.text,
            "priority": str(self.priority or ""),
            "category": self.category,
            "status": self.status,
            "area": self.area,
            "light": self.light,
        }
        return {name: value for name, value in pairs.items() if value}
