"""Grouping of many rows by whole numbers, by sorting: what every checker is made of.

Numbers of several columns are packed into one, which is sorted together with the row, so that a stable order costs one
sort of plain integers.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
NONE = np.iinfo(np.int64).min // 4
"""What a running maximum is before there is anything."""
_BITS = 62


def packed(*columns: Array) -> Array:
    """One number for each row, the same where and only where all columns are the same; not below 0.

    `columns`: whole numbers, of one length n. Shape of the result: (n,), int64.
    """
    n = len(columns[0])
    code = np.zeros(n, np.int64)
    if n == 0:
        return code
    size = 1
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if low == high:
            continue
        span = high - low + 1
        values = column.astype(np.int64) - low if span < 1 << _BITS else _ranks(column)
        span = min(span, n + 1) if span >= 1 << _BITS else span
        if size * span >= 1 << _BITS:
            code = _ranks(code)
            size = int(code.max()) + 1
        if size * span >= 1 << _BITS:
            values = _ranks(values)
            span = int(values.max()) + 1
        code = code * span + values
        size *= span
    return code


def _ranks(values: Array) -> Array:
    """0 for the smallest value, 1 for the next, and so on."""
    return np.unique(values, return_inverse=True)[1].astype(np.int64)


def stable_order(code: Array) -> Array:
    """The rows in order of their codes, those of one code as they were. Shape (n,), int64."""
    n = len(code)
    if n == 0:
        return np.zeros(0, np.int64)
    low = int(code.min())
    bits = max(1, (n - 1).bit_length())
    if (int(code.max()) - low).bit_length() + bits > _BITS:
        return np.argsort(code, kind="stable")
    mixed = (code.astype(np.int64) - low) << bits
    mixed |= np.arange(n)
    mixed.sort()
    mixed &= (1 << bits) - 1
    return mixed


def firsts(ordered: Array) -> Array:
    """Where a new group begins in an ordered column. Shape (n,), bool."""
    new = np.ones(len(ordered), bool)
    new[1:] = ordered[1:] != ordered[:-1]
    return new


def group_numbers(new: Array) -> Array:
    """The number of each row's group, from 0, where `new` says that one begins."""
    return np.cumsum(new) - 1


def running_max(new: Array, values: Array) -> Array:
    """The largest value in the group so far, this row's included; `NONE` where there is none yet.

    `new`: where a group begins; `values`: int64, `NONE` for no value.
    """
    n = len(values)
    there = values != NONE
    if n == 0 or not there.any():
        return np.full(n, NONE)
    low, high = int(values[there].min()), int(values[there].max())
    groups = group_numbers(new)
    span = high - low + 2
    if span * (int(groups[-1]) + 1) >= 1 << _BITS:
        listed = np.unique(values[there])
        at = running_max(new, np.where(there, np.searchsorted(listed, values), NONE))
        return np.where(at == NONE, NONE, listed[np.maximum(at, 0)])
    lifted = np.where(there, values - low + 1, 0) + groups * span
    found = np.maximum.accumulate(lifted) - groups * span
    return np.where(found == 0, NONE, found + low - 1)


def highest_before(groups_in: Array, moments_in: Array, values: Array, groups: Array, moments: Array) -> Array:
    """For each query the highest value put into its group before its moment; `NONE` where there is none.

    `groups_in`, `moments_in`, `values`: what is put in, (n,). `groups`, `moments`: the queries, (m,). All int64;
    "before" is strict. Shape of the result: (m,).
    """
    n = len(values)
    group = packed(np.concatenate([groups_in, groups]))
    moment = 2 * np.concatenate([moments_in, moments]).astype(np.int64)
    moment[:n] += 1  # at one moment the query comes first
    order = stable_order(moment)
    order = order[stable_order(group[order])]
    new = firsts(group[order])
    found = np.empty(len(order), np.int64)
    found[order] = running_max(new, np.concatenate([values, np.full(len(moments), NONE)])[order])
    return found[n:]


def counted(code: Array, size: int) -> Array:
    """How often each number below `size` occurs. Shape (size,)."""
    return np.bincount(code, minlength=size) if len(code) else np.zeros(size, np.int64)


def members(wanted: Array, among: Array) -> Array:
    """Where a code is among others, both not below 0. Shape of `wanted`, bool."""
    if not len(wanted) or not len(among):
        return np.zeros(len(wanted), bool)
    top = int(max(wanted.max(), among.max()))
    if top <= 8 * (len(wanted) + len(among)) + 1000:
        table = np.zeros(top + 1, bool)
        table[among] = True
        found: Array = table[wanted]
        return found
    return np.isin(wanted, among)
