/** The session's clock as the page shows it between two words of the server. */

import { useEffect, useState } from "react";
import { useRoom } from "./state";
import type { ClockState } from "./types";

export function clockText(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (n: number) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${two(minutes)}:${two(rest)}`;
}

export const capital = (text: string): string => (text[0] ?? "").toUpperCase() + text.slice(1);

export const stands = (clock: ClockState | null): boolean => clock === null || clock.paused || clock.working || clock.over;

/** Seconds on the clock now; renders once a second while it goes. */
export function useNow(): number {
  const clock = useRoom((now) => now.clock);
  const told = useRoom((now) => now.told_ms);
  const [, again] = useState(0);
  const still = stands(clock);
  useEffect(() => {
    if (still) return;
    const timer = setInterval(() => again((n) => n + 1), 500);
    return () => clearInterval(timer);
  }, [still]);
  if (!clock) return 0;
  return clock.now + (still ? 0 : (performance.now() - told) / 1000);
}
