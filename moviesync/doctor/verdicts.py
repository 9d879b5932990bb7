"""What the answers of the sites mean for a crawl, and what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from moviesync.checks.response import host_of
from moviesync.checks.ways import PAGE, WAYS, Way
from moviesync.clock import now
from moviesync.core.usage import NO_KEY, has_key, key_variable, refused_key
from moviesync.doctor.findings import Check, State
from moviesync.environment import Environment
from moviesync.kinds import COLLECTIONS, MOVIE
from moviesync.tmdb import api
from moviesync.tmdb.api import MalformedAnswer
from moviesync.tmdb.discover import read_page

if TYPE_CHECKING:
    from scrapy.settings import BaseSettings

    from moviesync.doctor.sites import ListAnswer, MirrorAnswer, TmdbAnswer

NOT_FOUND = 404
NETWORK = "check the network of this machine, and TMDB_BASE_URL"
RIGHT_ADDRESS = f"set TMDB_BASE_URL={Environment.model_fields['TMDB_BASE_URL'].default}"
OTHER_MIRROR = "set VIDSRC_BASE_URL to another address"


def of_tmdb(answer: TmdbAnswer | None, settings: BaseSettings) -> list[Check]:
    """TMDB's address, and the key."""
    host = host_of(settings["TMDB_BASE_URL"])
    if answer is None:
        return []
    code = api.error_code(answer.body)
    is_api = answer.status == api.UNAUTHORIZED and code is not None
    if not is_api and (fault := _fault(answer, code)):
        return [
            Check("TMDB", State.PROBLEM, f"{host}: {fault[0]}", fault[1]),
            _key(settings, None, is_known=False),
        ]
    return [
        Check("TMDB", State.OK, f"{host} answers"),
        _key(settings, code if is_api else None, is_known=True, is_refused=is_api),
    ]


def _fault(answer: TmdbAnswer, code: int | None) -> tuple[str, str] | None:
    """What is wrong with TMDB's answer, whatever the key is, and what to do."""
    told = f"HTTP {answer.status}" + (f", code {code}" if code is not None else "")
    if answer.failure:
        return answer.failure, NETWORK
    if answer.status == NOT_FOUND:
        return f"has no API at this address ({told})", RIGHT_ADDRESS
    if not api.is_well(answer.status):
        return told, "try again later; if it stays so, " + NETWORK
    try:
        read_page(answer.status, answer.body, MOVIE, now())
    except MalformedAnswer as error:
        what = (
            f"no discover page ({error})"
            if code is not None or _is_json(answer.body)
            else f"no JSON ({told})"
        )
        return f"answers with {what}", f"{RIGHT_ADDRESS}; a login page of the network would also look so"
    return None


def _is_json(body: bytes) -> bool:
    try:
        api.read_json(body)
    except MalformedAnswer:
        return False
    return True


def _key(settings: BaseSettings, code: int | None, *, is_known: bool, is_refused: bool = False) -> Check:
    if not has_key(settings):
        found, _, advice = NO_KEY.partition(": ")
        return Check("TMDB key", State.PROBLEM, found, advice)
    variable = key_variable(settings)
    if is_refused:
        found, _, advice = refused_key(settings, code).partition(": ")
        return Check("TMDB key", State.PROBLEM, found, advice)
    if not is_known:
        return Check("TMDB key", State.NOTE, f"{variable} is set; TMDB did not say whether it is right")
    return Check("TMDB key", State.OK, f"{variable} is accepted")


def of_vidsrc(answers: list[MirrorAnswer]) -> list[Check]:
    """VidSrc as a whole, then each mirror with its ways and its lists."""
    used = next((answer for answer in answers if answer.probe.way), None)
    by_list = any(not one.problem for answer in answers for one in answer.lists.values())
    if used:
        assert used.probe.way
        checks = [
            Check("VidSrc", State.OK, f"{host_of(used.probe.base_url)} is asked by {used.probe.way.name}")
        ]
    else:
        advice = "-a verdicts=list takes VidSrc's list instead; or " if by_list else ""
        found = "no way of asking can be believed, at no mirror"
        checks = [Check("VidSrc", State.PROBLEM, found, f"{advice}{OTHER_MIRROR}, or try again later")]
    for answer in answers:
        checks += _mirror(answer, used, by_list=by_list)
    return checks


def _mirror(answer: MirrorAnswer, used: MirrorAnswer | None, *, by_list: bool) -> list[Check]:
    """A mirror that is down has one line."""
    name, probe = host_of(answer.address), answer.probe
    has_list = any(not one.problem for one in answer.lists.values())
    if probe.is_down and not has_list:
        return [_whole(name, answer, used, probe.answered)]
    whole = _whole(name, answer, used, "no way of asking can be believed")
    ways = [_way(name, way, probe.said.get(way)) for way in WAYS]
    matters = probe.way is not None and not by_list
    lists = [_list(name, collection, answer.lists[collection], matters=matters) for collection in COLLECTIONS]
    return [whole, *ways, *lists]


def _whole(name: str, answer: MirrorAnswer, used: MirrorAnswer | None, if_none: str) -> Check:
    probe = answer.probe
    if probe.way is None:
        advice = "if it stays so, take it out of VIDSRC_BASE_URL"
        if used is None:
            return Check(name, State.PROBLEM, if_none, advice)
        return Check(name, State.WARNING, if_none, f"nothing now, as another one works; {advice}")
    if probe.base_url != answer.address:
        found = f"leads to {host_of(probe.base_url)}"
        return Check(name, State.WARNING, found, "set that address in VIDSRC_BASE_URL in its place")
    return Check(name, State.OK, "is used" if answer is used else "is used if those before it fail")


def _way(name: str, way: Way, said: str | None) -> Check:
    if said is None:
        return Check(name, State.NOTE, f"not tried, as {PAGE.name} cannot be believed", part=way.name)
    if said:
        return Check(name, State.NOTE, said, part=way.name)
    return Check(name, State.OK, "can be believed", part=way.name)


def _list(name: str, collection: str, answer: ListAnswer, *, matters: bool) -> Check:
    part = f"list of {collection}"
    if not answer.problem:
        return Check(name, State.OK, f"{answer.ids:,} ids, can be believed", part=part)
    if matters:
        return Check(name, State.WARNING, answer.problem, "do not use -a verdicts=list for now", part=part)
    return Check(name, State.NOTE, answer.problem, part=part)
