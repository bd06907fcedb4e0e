import { describe, expect, it } from "vitest";
import { clockText } from "../src/practice/clock";
import { plain } from "../src/practice/Talk";
import { collapsed } from "../src/practice/Timeline";
import type { SessionEvent } from "../src/practice/types";

const event = (number: number, kind: string): SessionEvent => ({ number, kind, who: "candidate", label: kind, at: number });

describe("the timeline", () => {
  it("shows writing that goes on as one row, which covers all of its events", () => {
    const rows = collapsed([event(0, "entered"), event(1, "wrote"), event(2, "wrote"), event(3, "said"), event(4, "wrote")]);
    expect(rows.map((one) => [one.event.number, one.first, one.last])).toEqual([[0, 0, 0], [2, 1, 2], [3, 3, 3], [4, 4, 4]]);
  });

  it("tells times as a clock, and the words of a terminal as those of a page", () => {
    expect([0, 61.9, 3661].map(clockText)).toEqual(["00:00", "01:01", "1:01:01"]);
    expect(plain("Time is up. Finish the sentence, and land it: /end.")).toBe("Time is up. Finish the sentence, and land it.");
    expect(plain("The time for clarify is over; design comes next (/next).")).toBe("The time for clarify is over; design comes next.");
  });
});
