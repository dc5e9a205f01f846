"""Times of one place in another."""

from datetime import UTC, datetime, tzinfo

from toolmesh_core.errors import ToolError


def at_zone(local: datetime, zone: tzinfo, place: str) -> tuple[datetime, bool]:
    """The moment of a clock on the wall, and whether the clock shows that time twice that night.

    Raises:
        ToolError: NO_SUCH_TIME, the clock was put forward past it; TOO_LARGE at the ends of the calendar.
    """
    moment = local.replace(tzinfo=zone)
    try:
        back = moment.astimezone(UTC).astimezone(zone).replace(tzinfo=None)
    except OverflowError as error:
        raise ToolError(f"{local} is at the end of the calendar", reason="TOO_LARGE") from error
    if back != local:
        raise ToolError(
            f"there is no {local:%H:%M} on {local:%Y-%m-%d} in {place}: clocks go forward to {back:%H:%M} then",
            reason="NO_SUCH_TIME",
        )
    return moment, moment.utcoffset() != moment.replace(fold=1).utcoffset()


def ahead_text(first: datetime, second: datetime, second_place: str) -> str:
    """How far the second place's clock is ahead: "Asia/Tokyo is 9 hours ahead"."""
    minutes = int(_offset_s(second) - _offset_s(first)) // 60
    if minutes == 0:
        return "both places have the same time"
    hours, rest = divmod(abs(minutes), 60)
    span = " ".join(part for part in (f"{hours} hours" if hours else "", f"{rest} minutes" if rest else "") if part)
    return f"{second_place} is {span} {'ahead' if minutes > 0 else 'behind'}"


def _offset_s(moment: datetime) -> float:
    offset = moment.utcoffset()
    return offset.total_seconds() if offset else 0.0
