"""The outlines of the areas as GeoJSON (RFC 7946)."""

from typing import Any

import sqlalchemy as sa

from casework.store import tables

_A = tables.areas.c


def read(connection: sa.Connection) -> dict[str, Any]:
    """Give every outlined area; streets only where there are streets, so that nothing is drawn twice."""
    found = connection.execute(sa.select(tables.areas).where(_A.boundary.is_not(None)).order_by(_A.id)).all()
    streets = [row for row in found if row.level == "street"]
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "code": row.id,
                    "level": row.level,
                    "name_zh": row.name_zh,
                    "name_en": row.name_en,
                    "synthetic": row.synthetic,
                },
                "geometry": row.boundary,
            }
            for row in streets or found
        ],
    }
