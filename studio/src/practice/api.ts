/** Calls about sessions of practice. */

import { path, request } from "../api";
import type { Analysis } from "../types";
import type { Drill, Format, Home, Level, News, Progress, Style, View } from "./types";

export interface Order {
  system: string | null;
  topic: string | null;
  level: Level;
  format: Format;
  style: Style;
  drill: Drill;
}

const of = (id: string, ...more: string[]) => path("/api/practice/sessions", id, ...more);

export const practice = {
  home: () => request<Home>("GET", "/api/practice"),
  progress: () => request<Progress>("GET", "/api/practice/progress"),
  start: (order: Order) => request<View>("POST", "/api/practice/sessions", order),
  open: (id: string) => request<View>("GET", of(id)),
  do: (id: string, what: string, fields: Record<string, unknown>, first: number) =>
    request<Required<Pick<News, "state" | "events" | "pad">>>("POST", of(id, "do"), { what, with: fields, first }),
  leave: (id: string) => request<unknown>("POST", of(id, "leave"), {}),
  score: (id: string) => request<View>("POST", of(id, "score"), {}),
  override: (id: string, criterion: string, level: string, because: string) =>
    request<View>("POST", of(id, "overrides"), { criterion, level, because }),
  rename: (id: string, name: string) => request<Pick<Home, "sessions">>("PATCH", of(id), { name }),
  remove: (id: string) => request<Pick<Home, "sessions">>("DELETE", of(id)),
  exportUrl: (id: string, format: string) => `${of(id, "export")}?format=${format}`,
  analyse: (text: string, case_: string | null, signal: AbortSignal) =>
    request<Analysis & { left_out: string[] }>("POST", "/api/practice/analyse", { text, case: case_ }, signal),
};
