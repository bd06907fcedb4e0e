/** Values in base units as people read them. */

const SI = ["", "k", "M", "G", "T", "P"];

/** Three significant digits without trailing zeros: 0.1446 is 0.145, 46296 is 46296. */
export function digits(value: number, significant = 3): string {
  if (value === 0 || !Number.isFinite(value)) return String(value);
  const places = Math.max(0, significant - 1 - Math.floor(Math.log10(Math.abs(value))));
  const text = value.toFixed(Math.min(places, 12));
  return text.includes(".") ? text.replace(/\.?0+$/, "") : text;
}

/** 46296 is 46.3k. */
export function compact(value: number): string {
  let scaled = value;
  let i = 0;
  while (Math.abs(scaled) >= 999.5 && i < SI.length - 1) {
    scaled /= 1000;
    i += 1;
  }
  return digits(scaled) + SI[i];
}

export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  if (size === 0) return "0 s";
  if (size < 1e-6) return `${digits(seconds * 1e9)} ns`;
  if (size < 0.9995e-3) return `${digits(seconds * 1e6)} µs`;
  if (size < 0.9995) return `${digits(seconds * 1e3)} ms`;
  if (size < 119.5) return `${digits(seconds)} s`;
  if (size < 7170) return `${digits(seconds / 60)} min`;
  if (size < 172000) return `${digits(seconds / 3600)} h`;
  return `${digits(seconds / 86400)} day`;
}

/** A share as per cent; near 100 with as many nines as it has, since 99.95 and 99.995 are not the same promise. */
export function percent(ratio: number): string {
  const gap = Math.abs(1 - ratio);
  if (ratio < 1 && gap < 0.01) {
    const places = Math.min(6, Math.max(1, Math.ceil(-Math.log10(gap * 100)) + 1));
    const text = (ratio * 100).toFixed(places);
    return text.startsWith("100") ? "> 99.9999 %" : `${text.replace(/\.?0+$/, "")} %`;
  }
  if (ratio > 0 && ratio < 5e-5) return "< 0.01 %";
  return `${digits(ratio * 100)} %`;
}

export function bytes(value: number): string {
  return `${compact(value)}B`.replace(/([kMGTP]?)B$/, " $1B");
}

/** A value with its unit; a dash where there is none. */
export function show(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  switch (unit) {
    case "s":
      return duration(value);
    case "ratio":
      return percent(value);
    case "1/s":
      return `${compact(value)}/s`;
    case "USD/month":
      return `$${compact(value)}/mo`;
    case "B":
    case "bytes":
      return bytes(value);
    case "count":
    case "":
      return compact(value);
    default:
      return `${compact(value)} ${unit}`;
  }
}

/** A difference with its sign. */
export function signed(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined) return "–";
  if (value === 0) return "0";
  const size = unit === "ratio" ? `${digits(Math.abs(value) * 100)} pt` : show(Math.abs(value), unit);
  return `${value > 0 ? "+" : "−"}${size}`;
}

/** 5.137 is 5.14×. */
export function times(factor: number | null | undefined): string {
  return factor === null || factor === undefined ? "–" : `${factor < 1000 ? digits(factor) : compact(factor)}×`;
}

/** When something was, as short as it can be said: 14:05, or 3 Mar 14:05 of another day. */
export function clock(seconds: number, exact = false, now = Date.now()): string {
  const then = new Date(seconds * 1000);
  const time = then.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: exact ? "2-digit" : undefined });
  if (new Date(now).toDateString() === then.toDateString()) return time;
  return `${then.toLocaleDateString([], { day: "numeric", month: "short" })} ${time}`;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
