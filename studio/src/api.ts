/** Calls to the studio's server. Whatever changes something carries the header that other sites cannot send. */

import type {
  Analysis, Completion, Curveball, Evidence, ExportedFile, FileEntry, Finding, GalleryEntry, Language, RunDetail, RunKind,
  RunMeta, StudioInfo,
} from "./types";

export class ServerError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly hint: string | null = null,
    readonly body: Record<string, unknown> | null = null,
  ) {
    super(message);
  }
}

/** The server does not answer at all. */
export class Away extends Error {}

const HEADERS = { "X-Loadcase": "studio" };

export async function request<T>(method: string, url: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method,
      headers: body === undefined ? HEADERS : { ...HEADERS, "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
      signal,
      cache: "no-store",
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Away("the studio's server does not answer");
  }
  if (answer.status === 204) return undefined as T;
  const type = answer.headers.get("Content-Type") ?? "";
  const told: unknown = type.includes("json") ? await answer.json() : { text: await answer.text() };
  if (answer.ok) return told as T;
  const data = told as { error?: { message?: string; hint?: string | null } };
  const fallback = `the server answers ${answer.status}`;
  throw new ServerError(answer.status, data.error?.message ?? fallback, data.error?.hint ?? null, told as Record<string, unknown>);
}

/** A path with its slashes, whatever else is in it. */
export function path(...parts: string[]): string {
  return parts.map((part) => part.split("/").map(encodeURIComponent).join("/")).join("/");
}

export interface RunOrder {
  text: string;
  path: string | null;
  name: string | null;
  kind: RunKind;
  cases: string[] | null;
  variant: string | null;
  variants?: string[];
  seeds: number | null;
  budget_s: number | null;
}

type File = { path: string; text: string; version: string; modified_s: number };

export const api = {
  studio: () => request<StudioInfo>("GET", "/api/studio"),
  files: () => request<{ files: FileEntry[]; gallery: GalleryEntry[] }>("GET", "/api/files"),
  file: (name: string) => request<File>("GET", path("/api/files", name)),
  save: (name: string, text: string, version: string | null) =>
    request<{ path: string; version: string }>("PUT", path("/api/files", name), { text, version }),
  gallery: (name: string) => request<{ name: string; title: string; text: string }>("GET", path("/api/gallery", name)),
  analyse: (text: string, of: string | null, variant: string | null, signal: AbortSignal) =>
    request<Analysis>("POST", "/api/analyse", { text, case: of, variant }, signal),
  review: (text: string, signal: AbortSignal) => request<{ findings: Finding[] }>("POST", "/api/review", { text }, signal),
  fix: (text: string, finding: Finding) =>
    request<{ text: string }>("POST", "/api/review/fix", {
      text, code: finding.code, line: finding.line, column: finding.column,
    }),
  language: () => request<Language>("GET", "/api/language"),
  completions: (text: string, line: number, column: number, signal: AbortSignal) =>
    request<{ from: number; items: Completion[] }>("POST", "/api/completions", { text, line, column }, signal),
  curveballs: (text: string, of: string | null) =>
    request<{ curveballs: Curveball[] }>("POST", "/api/curveballs", { text, case: of }),
  throwIn: (text: string, of: string, fault: unknown) => request<{ text: string }>("POST", "/api/throw", { text, case: of, fault }),
  start: (order: RunOrder) => request<{ id: string }>("POST", "/api/runs", order),
  runs: () => request<{ runs: RunMeta[] }>("GET", "/api/runs"),
  run: (id: string) => request<RunDetail>("GET", path("/api/runs", id)),
  cancel: (id: string) => request<{ state: string }>("POST", path("/api/runs", id, "cancel"), {}),
  rename: (id: string, name: string) => request<RunMeta>("PATCH", path("/api/runs", id), { name }),
  remove: (id: string) => request<unknown>("DELETE", path("/api/runs", id)),
  evidence: (id: string, of: string, guarantee: number) =>
    request<Evidence>("GET", `${path("/api/runs", id, "evidence")}?${new URLSearchParams({ case: of, guarantee: String(guarantee) })}`),
  reportUrl: (id: string, format: "html" | "md") => `${path("/api/runs", id, "report")}?format=${format}`,
  formats: () => request<{ formats: string[] }>("GET", "/api/formats"),
  export: (text: string, format: string) => request<{ files: ExportedFile[]; left_out?: string[] }>("POST", "/api/export", { text, format }),
};
