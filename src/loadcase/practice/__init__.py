"""Practice: a timed system design interview, run by facts and judged by evidence.

A session is a list of events, kept as it happens; everything else (the clock, the candidate's artifact, the score) is
worked out from that list, so that a session can be resumed, replayed and audited.
"""
