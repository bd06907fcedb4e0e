/** Line icons on a 16 pixel grid. */

const PATHS = {
  file: "M4 1.8h5.2L12.5 5v9.2h-8.5zM9 1.8V5.2h3.5",
  gallery: "M2.3 2.3h4.4v4.4H2.3zM9.3 2.3h4.4v4.4H9.3zM2.3 9.3h4.4v4.4H2.3zM9.3 9.3h4.4v4.4H9.3z",
  runs: "M8 4.4V8l2.4 1.6M2.2 8a5.8 5.8 0 1 0 1.9-4.3M2.4 2v2.6H5",
  play: "M4.5 2.8v10.4L13 8z",
  stop: "M4 4h8v8H4z",
  pause: "M5.4 3.4v9.2M10.6 3.4v9.2",
  bolt: "M9 1.6 3.4 9.2H7.6L7 14.4l5.6-7.6H8.4z",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zm3.6-1.4L14 14",
  sun: "M8 10.8a2.8 2.8 0 1 0 0-5.6 2.8 2.8 0 0 0 0 5.6zM8 1.2v1.4M8 13.4v1.4M1.2 8h1.4M13.4 8h1.4M3.2 3.2l1 1M11.8 11.8l1 1M12.8 3.2l-1 1M4.2 11.8l-1 1",
  moon: "M13.4 9.6A5.8 5.8 0 0 1 6.4 2.6a5.8 5.8 0 1 0 7 7z",
  auto: "M8 13.8A5.8 5.8 0 1 0 8 2.2a5.8 5.8 0 0 0 0 11.6zM8 2.2v11.6M8 5l4.6-1M8 8h5.8M8 11l4.6 1",
  keys: "M1.8 4h12.4v8H1.8zM4.2 6.6h.1M6.8 6.6h.1M9.4 6.6h.1M11.8 6.6h.1M5 9.6h6",
  close: "M3.8 3.8l8.4 8.4M12.2 3.8l-8.4 8.4",
  check: "M3 8.4l3.4 3.4L13 4.8",
  cross: "M4 4l8 8M12 4l-8 8",
  question: "M5.8 5.8a2.2 2.2 0 1 1 3.2 2c-.8.4-1 .8-1 1.6M8 12h.01",
  down: "M4 6.2 8 10l4-3.8",
  right: "M6.2 4 10 8l-3.8 4",
  left: "M9.8 4 6 8l3.8 4",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  fit: "M2.4 6V2.4H6M10 2.4h3.6V6M13.6 10v3.6H10M6 13.6H2.4V10",
  trash: "M3 4.4h10M6.4 4.2V2.4h3.2v1.8M4.4 4.6l.6 9h6l.6-9M6.9 7v4M9.1 7v4",
  pen: "M3 13l.6-2.8L10.8 3 13 5.2 5.8 12.4zM9.6 4.2l2.2 2.2",
  save: "M2.4 2.4h8.8l2.4 2.4v8.8H2.4zM5 2.6v3.6h5V2.6M4.8 13.4V9.4h6.4v4",
  sidebar: "M2 2.8h12v10.4H2zM6.2 2.8v10.4",
  download: "M8 2.2v8M4.8 7.2 8 10.4l3.2-3.2M2.6 13.4h10.8",
  copy: "M5.4 5.4h8v8h-8zM10.4 5.2V2.6h-7.8v7.8h2.6",
  warning: "M8 2.2 14.4 13.4H1.6zM8 6.4v3.4M8 11.6h.01",
  up: "M4 9.8 8 6l4 3.8",
  wide: "M2.4 9.6v4h4M13.6 6.4v-4h-4M2.6 13.4l4.2-4.2M13.4 2.6 9.2 6.8",
  narrow: "M6.6 13.4v-4h-4M9.4 2.6v4h4M6.4 9.6l-4 4M9.6 6.4l4-4",
  // kinds of components
  service: "M2.2 3h11.6v4H2.2zM2.2 9h11.6v4H2.2zM4.6 5h.01M4.6 11h.01",
  store: "M2.8 4c0-1.2 2.3-2 5.2-2s5.2.8 5.2 2-2.3 2-5.2 2-5.2-.8-5.2-2zM2.8 4v8c0 1.2 2.3 2 5.2 2s5.2-.8 5.2-2V4M2.8 8c0 1.2 2.3 2 5.2 2s5.2-.8 5.2-2",
  cache: "M2.4 5.4 8 2.6l5.6 2.8L8 8.2zM2.4 8 8 10.8 13.6 8M2.4 10.6 8 13.4l5.6-2.8",
  log: "M1.8 5h12.4v6H1.8zM5 5v6M8 5v6M11 5v6",
  balancer: "M8 2v4M8 6 3.2 10M8 6l4.8 4M8 6v4M3.2 13.6v-3.4M8 13.6v-3.4M12.8 13.6v-3.4",
  gateway: "M2 8h4M10 8h4M6 4.4h4v7.2H6zM2 4.6l4 1M2 11.4l4-1M14 4.6l-4 1M14 11.4l-4-1",
  limiter: "M2.6 11.6a5.6 5.6 0 1 1 10.8 0M8 10l2.8-3.6",
  external: "M6.4 3.4H2.6v10h10V9.6M9 2.6h4.4V7M13.2 2.8 7.4 8.6",
  client: "M8 7.8a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4zM2.8 13.8c.6-2.6 2.6-4 5.2-4s4.6 1.4 5.2 4",
  index: "M3 3h10M3 6.4h6M3 9.8h4M10.6 12.4a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zm1.6-.6L14 13.6",
  clockwork: "M8 14a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM8 4.6V8l2.4 1.4",
  model: "M8 1.8l1.6 4.6 4.6 1.6-4.6 1.6L8 14.2l-1.6-4.6L1.8 8l4.6-1.6z",
} as const;

export type IconName = keyof typeof PATHS;

const FILLED = new Set<IconName>(["play", "stop", "bolt"]);

export function Icon({ name, size = 16 }: { name: IconName; size?: number }) {
  const filled = FILLED.has(name);
  return (
    <svg
      className="icon" width={size} height={size} viewBox="0 0 16 16" aria-hidden="true" fill={filled ? "currentColor" : "none"}
      stroke="currentColor" strokeWidth={filled ? 1 : 1.4} strokeLinecap="round" strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

const KINDS: Record<string, IconName> = {
  service: "service", store: "store", object_store: "store", cache: "cache", cdn: "cache", log: "log", queue: "log",
  topic: "log", load_balancer: "balancer", gateway: "gateway", limiter: "limiter", external: "external", model: "model",
  client: "client", clients: "client", search_index: "index", scheduler: "clockwork", lock: "limiter",
};

export function kindIcon(kind: string): IconName {
  return KINDS[kind] ?? "service";
}

export function Mark() {
  return (
    <svg className="mark" width="22" height="22" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--accent)" />
      <g stroke="var(--on-accent)" strokeLinecap="round" strokeLinejoin="round" fill="none">
        <path d="M6 21.5h20" strokeWidth="2.6" />
        <path d="M9 21.5l-2.2 4.2h4.4zM23 21.5l-2.2 4.2h4.4z" fill="var(--on-accent)" strokeWidth="0.6" />
        <path d="M10 6.5v9m-2.6-2.6L10 15.6l2.6-2.7M16 9v6.5m-2.6-2.6L16 15.6l2.6-2.7M22 6.5v9m-2.6-2.6L22 15.6l2.6-2.7" strokeWidth="1.9" />
      </g>
    </svg>
  );
}
