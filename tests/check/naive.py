"""The slow, obvious twins of the checkers: plain loops over rows as JSON Lines have them."""

from __future__ import annotations

from collections import Counter
from math import inf
from typing import Any

Row = dict[str, Any]


def acknowledged(rows: list[Row]) -> dict[Any, int]:
    """Operation to the index of its first ok."""
    found: dict[Any, int] = {}
    for i, row in enumerate(rows):
        if row["event"] == "ok":
            found.setdefault(row["operation"], i)
    return found


def invoked(rows: list[Row]) -> dict[Any, int]:
    """Operation to the index of its first invoke."""
    found: dict[Any, int] = {}
    for i, row in enumerate(rows):
        if row["event"] == "invoke":
            found.setdefault(row["operation"], i)
    return found


def effect(row: Row) -> tuple[Any, ...]:
    """What tells one effect from another."""
    return row["operation"], row.get("key"), row.get("step")


def standing(rows: list[Row], entity: str) -> list[int]:
    """Indices of the commits that were not reverted; a revert takes the earliest of those alike."""
    undone = Counter(effect(r) for r in rows if r["event"] == "revert" and r["entity"] == entity)
    left = []
    for i, row in enumerate(rows):
        if row["event"] == "commit" and row["entity"] == entity:
            if undone[effect(row)] > 0:
                undone[effect(row)] -= 1
            else:
                left.append(i)
    return left


def lost(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Acknowledged and gone; None when nothing was promised."""
    oks, begins = acknowledged(rows), invoked(rows)
    commits = [r for r in rows if r["event"] == "commit" and r["entity"] == entity]
    finals = [r for r in rows if r["event"] == "final" and r["entity"] == entity]
    writers = [flow for flow, entities in meta.get("writes", {}).items() if entity in entities]
    promised = {r["operation"] for r in rows if r["event"] == "ok" and r.get("entity") == entity}
    promised |= {r["operation"] for r in commits if r["operation"] in oks}
    promised |= {o for o in oks if o in begins and rows[begins[o]]["flow"] in writers}
    if not promised:
        return None
    listed = entity in meta.get("finals", ()) or any("operation" in r for r in finals)
    stored = [r for r in finals if "operation" in r] if listed else [rows[i] for i in standing(rows, entity)]
    count = 0
    for operation in promised:
        here = [r for r in stored if r["operation"] == operation]
        made = [r for r in commits if r["operation"] == operation]
        gone = not here
        if len(here) < len(made):
            told = told_in(stored, promised, commits)
            kept = {tuple(r.get(c) for c in told) for r in here}
            gone = gone or any(tuple(r.get(c) for c in told) not in kept for r in made)
        count += gone
    return count


def told_in(stored: list[Row], promised: set[Any], commits: list[Row]) -> list[str]:
    """The columns that tell effects apart in what is stored, of the operations in doubt."""
    made = Counter(r["operation"] for r in commits)
    kept = Counter(r["operation"] for r in stored)
    doubtful = [r for r in stored if r["operation"] in promised and kept[r["operation"]] < made[r["operation"]]]
    return [c for c in ("key", "step") if any(c in r for r in doubtful)]


def applied_twice(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Operations with an effect that is stored more than once."""
    finals = [r for r in rows if r["event"] == "final" and r["entity"] == entity]
    commits = [r for r in rows if r["event"] == "commit" and r["entity"] == entity]
    listed = entity in meta.get("finals", ()) or any("operation" in r for r in finals)
    stored = [r for r in finals if "operation" in r] if listed else [rows[i] for i in standing(rows, entity)]
    if not commits and not stored:
        return None
    times = Counter(effect(r) for r in stored)
    return len({e[0] for e, n in times.items() if n > 1})


def undelivered(rows: list[Row], meta: dict[str, Any], flow: str) -> int | None:
    """Messages owed that no delivery matches."""
    published = [r for r in rows if r["event"] == "publish" and r["flow"] == flow]
    delivered = [r for r in rows if r["event"] == "deliver" and r["flow"] == flow]
    owed: set[tuple[Any, ...]] = {(r["operation"], r.get("step"), r.get("receiver")) for r in published}
    missing = 0
    for operation, step, receiver in owed:
        same = [r for r in delivered if r["operation"] == operation and r.get("step") == step]
        missing += not (same if receiver is None else [r for r in same if r.get("receiver") == receiver])
    count = len(owed)
    for entity in meta.get("delivers", {}).get(flow, ()):
        stored = {rows[i]["operation"] for i in standing(rows, entity)} - {r["operation"] for r in published}
        count += len(stored)
        missing += len(stored - {r["operation"] for r in delivered})
    return missing if count else None


def duplicates(rows: list[Row], meta: dict[str, Any], flow: str) -> int | None:
    """Messages that a receiver gets more than once."""
    times = Counter(
        (r["operation"], r.get("step"), r.get("receiver"))
        for r in rows
        if r["event"] == "deliver" and r["flow"] == flow
    )
    return sum(n > 1 for n in times.values()) if times else None


def out_of_order(rows: list[Row], meta: dict[str, Any], flow: str) -> int | None:
    """First deliveries that arrive after a later one."""
    begins = invoked(rows)
    first: dict[tuple[Any, ...], Row] = {}
    for row in rows:
        if row["event"] == "deliver" and row["flow"] == flow:
            first.setdefault((row["operation"], row.get("step"), row.get("receiver")), row)
    sequenced = any("version" in row for row in first.values())
    highest: dict[tuple[Any, ...], float] = {}
    count, judged = 0, 0
    for row in first.values():
        sent = rows[begins[row["operation"]]] if row["operation"] in begins else {}
        place = row.get("version") if sequenced else row.get("clock_s", sent.get("clock_s"))
        if place is None:
            continue
        judged += 1
        group = (row.get("key"), row.get("receiver"))
        count += place < highest.get(group, -1)
        highest[group] = max(place, highest.get(group, -1))
    return count if judged else None


# --- reads ------------------------------------------------------------------------------------------------------------
def began(rows: list[Row], i: int) -> float:
    """The index before which everything had happened when row i was asked for."""
    row = rows[i]
    if "began_s" in row:
        return min(i, sum(r["time_s"] < row["began_s"] for r in rows))
    return min(i, invoked(rows).get(row.get("operation"), i))


def began_s(rows: list[Row], i: int) -> float:
    """The same in seconds."""
    return float(rows[i].get("began_s", rows[int(began(rows, i))]["time_s"]))


def reads(rows: list[Row], entity: str) -> list[int]:
    """Indices of the reads that tell the version that they saw."""
    return [i for i, r in enumerate(rows) if r["event"] == "read" and r["entity"] == entity and "base" in r]


def writes(rows: list[Row], entity: str) -> list[tuple[int, int]]:
    """(index, index of the acknowledgement) of the commits with a version that stand and were acknowledged."""
    oks = acknowledged(rows)
    found = [i for i in standing(rows, entity) if "version" in rows[i]]
    return [(i, oks[rows[i]["operation"]]) for i in found if rows[i]["operation"] in oks]


def missed(rows: list[Row], entity: str, i: int) -> list[int]:
    """Acknowledgements, before read i began, of the writes that it misses."""
    read = rows[i]
    return [
        done
        for w, done in writes(rows, entity)
        if rows[w].get("key") == read["key"] and rows[w]["version"] > read["base"] and done < began(rows, i)
    ]


def stale_reads(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Reads that miss anything."""
    found = reads(rows, entity)
    return sum(bool(missed(rows, entity, i)) for i in found) if found else None


def staleness(rows: list[Row], meta: dict[str, Any], entity: str) -> float | None:
    """The longest time by which a read lags."""
    late = [
        max(0.0, began_s(rows, i) - rows[min(missed(rows, entity, i))]["time_s"]) if missed(rows, entity, i) else 0.0
        for i in reads(rows, entity)
    ]
    return max(late) if late else None


def newest(rows: list[Row], entity: str, i: int) -> int | None:
    """The first commit of the highest version of a read's key that was committed before the read began."""
    before = [
        w
        for w in standing(rows, entity)
        if w < began(rows, i) and "version" in rows[w] and rows[w].get("key") == rows[i]["key"]
    ]
    return min(before, key=lambda w: (-rows[w]["version"], w)) if before else None


def k_staleness(rows: list[Row], meta: dict[str, Any], entity: str) -> float | None:
    """The share of reads of the newest version."""
    told = [r for r in rows if r["event"] == "read" and r["entity"] == entity]
    found = [i for i in reads(rows, entity) if newest(rows, entity, i) is not None]
    if len(reads(rows, entity)) < len(told) or not found:
        return None
    late = 0
    for i in found:
        top = rows[newest(rows, entity, i)]["version"]  # type: ignore[index]
        late += any(
            rows[i]["base"] < rows[w].get("version", -1) <= top and rows[w].get("key") == rows[i]["key"]
            for w in standing(rows, entity)
        )
    return 1.0 - late / len(found)


def visible(rows: list[Row], entity: str) -> list[float]:
    """For each read after a commit that tells its copies: when after the commit it would have seen it."""
    found = []
    mine = [i for i, r in enumerate(rows) if r["event"] == "read" and r["entity"] == entity]
    for n, i in enumerate(mine):
        commit = newest(rows, entity, i)
        same = [rows[i].get(c) for c in ("operation", "key")]
        before = [
            j
            for j in mine[:n]
            if [rows[j].get(c) for c in ("operation", "key")] == same and newest(rows, entity, j) is not None
        ]
        if commit is None:
            continue
        after = []
        for a in range(max(before, default=-1) + 1, i):
            row = rows[a]
            if row["event"] != "answer" or row["entity"] != entity or [row["operation"], row["key"]] != same:
                continue
            had = [
                r["time_s"]
                for r in rows
                if r["event"] == "apply"
                and r["entity"] == entity
                and r["version"] >= rows[commit]["version"]
                and all(r.get(c) == row.get(c) for c in ("key", "component", "place"))
            ]
            looked = row.get("began_s", row["time_s"])
            after.append((min(had, default=inf) - rows[commit]["time_s"]) + (began_s(rows, i) - looked))
        found += [min(after)] if after else []
    return found


def t_visibility(rows: list[Row], meta: dict[str, Any], entity: str) -> float | None:
    """The longest time after a commit."""
    found = visible(rows, entity) if any(r["event"] == "apply" and r["entity"] == entity for r in rows) else []
    return max(0.0, *found) if found and max(found) < inf else None


def consistent_at_commit(rows: list[Row], meta: dict[str, Any], entity: str) -> float | None:
    """The share of the reads that would see it at once."""
    found = visible(rows, entity) if any(r["event"] == "apply" and r["entity"] == entity for r in rows) else []
    return 1.0 - sum(t > 0 for t in found) / len(found) if found else None


def session(rows: list[Row], i: int) -> Any:
    """The session of a row, its own or that of its operation's invoke."""
    begin = invoked(rows).get(rows[i].get("operation"))
    return rows[i].get("session", None if begin is None else rows[begin].get("session"))


def missed_own_writes(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Reads that miss a write of their session."""
    found = [i for i in reads(rows, entity) if session(rows, i) is not None]
    count = 0
    for i in found:
        count += any(
            session(rows, w) == session(rows, i)
            and rows[w].get("key") == rows[i]["key"]
            and rows[w]["version"] > rows[i]["base"]
            and done < began(rows, i)
            for w, done in writes(rows, entity)
        )
    return count if found else None


def nonmonotonic_reads(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Reads that see less than an earlier one of their session and key."""
    found = [i for i in reads(rows, entity) if session(rows, i) is not None]
    count = 0
    for i in found:
        count += any(
            j < began(rows, i)
            and session(rows, j) == session(rows, i)
            and rows[j]["key"] == rows[i]["key"]
            and rows[j]["base"] > rows[i]["base"]
            for j in found
        )
    return count if found else None


def nonlinearizable(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Every pair of operations of a key, compared: one that was over before the other began, and comes after it."""
    oks = acknowledged(rows)
    stands = set(standing(rows, entity))
    items = []
    for i, row in enumerate(rows):
        if row["event"] == "read" and row["entity"] == entity:
            if "base" not in row:
                return None
            items.append((row["key"], (row["base"], 1), began(rows, i), i))
        if row["event"] == "commit" and row["entity"] == entity:
            if "version" not in row:
                return None
            end = oks.get(row["operation"], 10**9) if i in stands else 10**9
            items.append((row.get("key"), (row["version"], 0), began(rows, i), end))
    made = [(rows[i].get("key"), rows[i]["version"]) for i in stands]
    if not items or len(set(made)) < len(made):
        return None
    count = sum(
        any(key == other and end < start and place > mine for other, place, _, end in items)
        for key, mine, start, _ in items
    )
    gone = [i for i, r in enumerate(rows) if r["event"] == "commit" and r["entity"] == entity and i not in stands]
    return count + sum(rows[i]["operation"] in oks for i in gone)


# --- writes -----------------------------------------------------------------------------------------------------------
def lost_updates(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Updates with another operation's version between the one read and the one made."""
    found = [rows[i] for i in standing(rows, entity) if "version" in rows[i]]
    updates = [r for r in found if "base" in r]
    count = 0
    for row in updates:
        count += any(
            o.get("key") == row.get("key")
            and o["operation"] != row["operation"]
            and row["base"] < o["version"] < row["version"]
            for o in found
        )
    return count if updates else None


def double_claims(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Claims while another operation's latest claim of the key is neither released nor over."""
    held: dict[tuple[Any, Any], float] = {}
    count, claims = 0, 0
    for row in rows:
        if row["event"] == "release" and row["entity"] == entity:
            held.pop((row["key"], row["operation"]), None)
        if row["event"] == "claim" and row["entity"] == entity:
            claims += 1
            count += any(
                key == row["key"] and operation != row["operation"] and until > row["time_s"]
                for (key, operation), until in held.items()
            )
            lasts = row.get("value", -1.0)
            held[row["key"], row["operation"]] = row["time_s"] + lasts if lasts >= 0 else float("inf")
    return count if claims else None


def unbalanced(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Operations whose amounts do not sum to zero."""
    total: dict[Any, float] = {}
    for i in standing(rows, entity):
        if "value" in rows[i]:
            total[rows[i]["operation"]] = total.get(rows[i]["operation"], 0.0) + rows[i]["value"]
    return sum(v != 0.0 for v in total.values()) if total else None


def allowed_after_revoke(rows: list[Row], meta: dict[str, Any], entity: str) -> int | None:
    """Actions after an acknowledged revoke without a grant since."""
    oks = acknowledged(rows)
    count, actions = 0, 0
    for i, row in enumerate(rows):
        if row["event"] != "allow" or row["entity"] != entity:
            continue
        actions += 1
        revokes = [
            j
            for j, r in enumerate(rows)
            if r["event"] == "revoke"
            and (r["entity"], r["key"]) == (entity, row["key"])
            and oks.get(r["operation"], 10**9) < began(rows, i)
        ]
        grants = [
            j
            for j, r in enumerate(rows[:i])
            if r["event"] == "grant" and (r["entity"], r["key"]) == (entity, row["key"])
        ]
        count += bool(revokes) and (not grants or max(grants) < max(revokes))
    return count if actions else None


def ends(rows: list[Row], entity: str, tier: int) -> dict[Any, Any]:
    """The final value of each key."""
    if tier == 0:
        return {r.get("key"): r["value"] for r in rows if r["event"] == "final" and r["entity"] == entity}
    stand = [rows[i] for i in standing(rows, entity)]
    if tier == 1:
        total: dict[Any, float] = {}
        for row in stand:
            total[row.get("key")] = total.get(row.get("key"), 0.0) + row["value"]
        return total
    found: dict[Any, Any] = {}
    for row in sorted(stand, key=lambda r: r.get("version", -1)):
        found[row.get("key")] = (*found.get(row.get("key"), ()), row["operation"])
    return found


def tier(rows: list[Row], entity: str) -> int:
    """Where the final values are told: 0 final rows, 1 amounts, 2 the order of the writes."""
    finals = [r for r in rows if r["event"] == "final" and r["entity"] == entity]
    commits = [r for r in rows if r["event"] == "commit" and r["entity"] == entity]
    if finals and all("value" in r for r in finals):
        return 0
    return 1 if commits and all("value" in r for r in commits) else 2


def diverged(rows: list[Row], others: list[Row], entity: str) -> int | None:
    """Keys whose final value differs."""
    by = max(tier(rows, entity), tier(others, entity))
    mine, theirs = ends(rows, entity, by), ends(others, entity, by)
    keys = {*mine, *theirs}
    return sum(mine.get(k) != theirs.get(k) for k in keys) if keys else None
