"""The compiled event loop: it replays the operations of a Program and knows nothing of kinds.

Everything that changes lives in the arrays of a State, so that a run can stop at any event and go on later: to grow
an array, to show progress, to be cancelled. Frames are calls in flight. The calendar is
a 4-ary heap ordered by (time, sequence); constant delays and timeouts wait in lanes, doubly linked lists in order of
time, of which only the heads are in the heap. An event's payload is `sequence << 24 | slot`; a frame remembers the
payload it waits for, so that a cancelled event is recognised when it comes up.
"""
