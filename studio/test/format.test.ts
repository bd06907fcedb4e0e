import { expect, test } from "vitest";
import { bytes, compact, digits, duration, percent, show, signed, times } from "../src/format";

test("digits keeps three, without zeros at the end", () => {
  expect([0.1446, 46296.3, 5.137, 100, 0, 1e-7].map((value) => digits(value))).toEqual(["0.145", "46296", "5.14", "100", "0", "0.0000001"]);
});

test("sizes step by a thousand, also where rounding reaches the next", () => {
  expect([999, 999.6, 46296, 1e6, 2.5e9].map(compact)).toEqual(["999", "1k", "46.3k", "1M", "2.5G"]);
  expect([300, 1.5e15].map(bytes)).toEqual(["300 B", "1.5 PB"]);
});

test("durations have the unit that fits", () => {
  expect([0, 2.4e-9, 2.31e-4, 0.0489, 0.9999, 26, 600, 7200, 86400 * 3].map(duration)).toEqual([
    "0 s", "2.4 ns", "231 µs", "48.9 ms", "1 s", "26 s", "10 min", "2 h", "3 day",
  ]);
});

test("shares near one keep their nines", () => {
  expect([1, 0.9995, 0.99995, 0.9999999999, 0.5, 0.0012].map(percent)).toEqual(["100 %", "99.95 %", "99.995 %", "> 99.9999 %", "50 %", "0.12 %"]);
  expect([0, 4e-7].map(percent)).toEqual(["0 %", "< 0.01 %"]);
});

test("values without a number say so", () => {
  expect(show(null, "s")).toBe("–");
  expect(show(Infinity, "s")).toBe("∞");
  expect(show(104780, "USD/month")).toBe("$105k/mo");
  expect(signed(-0.0012, "s")).toBe("−1.2 ms");
  expect(signed(0.0005, "ratio")).toBe("+0.05 pt");
  expect([null, 5.14, 2073600].map(times)).toEqual(["–", "5.14×", "2.07M×"]);
});
