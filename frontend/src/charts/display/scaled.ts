/** Units that grow by powers: SI and IEC prefixes, K/Mil/Bil, currencies. */
import { type Formatter, EMPTY, fixed } from "./number";

const SI_PREFIXES = ["f", "p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"];
const SI_NONE = 5;
const IEC_PREFIXES = ["", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"];
const THOUSANDS = ["", "K", "M", "B", "T"];

const between = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Print with the largest power of `factor` that leaves a number of at least one; `offset` is where suffix "as it is" lies. */
export function scaled(factor: number, suffixes: readonly string[], offset = 0): Formatter {
  return (value, decimals) => {
    if (value === null || value === undefined) return EMPTY;
    if (!Number.isFinite(value)) return { text: value.toLocaleString() };
    const power = value === 0 ? 0 : Math.floor(Math.log10(Math.abs(value)) / Math.log10(factor));
    const shown = between(power, -offset, suffixes.length - 1 - offset);
    return {
      text: fixed(value / factor ** shown, decimals),
      suffix: suffixes[between(offset + power, 0, suffixes.length - 1)],
    };
  };
}

export function si(symbol: string, offset = 0): Formatter {
  return scaled(1000, SI_PREFIXES.map((prefix) => ` ${prefix}${symbol}`), SI_NONE + offset);
}

export function iec(symbol: string, offset = 0): Formatter {
  return scaled(1024, IEC_PREFIXES.map((prefix) => ` ${prefix}${symbol}`), offset);
}

/** A custom `si:` unit may begin with a prefix: `si:mF` counts in millifarad. */
export function siWithPrefix(unit: string): Formatter {
  const first = unit.charAt(0).normalize("NFKD");
  const at = SI_PREFIXES.findIndex((prefix) => prefix.normalize("NFKD") === first);
  const offset = at < 0 ? 0 : at - SI_NONE;
  return si(offset === 0 ? unit : unit.slice(1), offset);
}

export function counted(symbol: string): Formatter {
  const scale = scaled(1000, THOUSANDS);
  return (value, decimals) => {
    if (value === null) return EMPTY;
    const shown = scale(value, decimals);
    return { ...shown, suffix: `${shown.suffix} ${symbol}` };
  };
}

export function currency(symbol: string, after = false): Formatter {
  const scale = scaled(1000, THOUSANDS);
  return (value, decimals) => {
    if (value === null || value === undefined) return EMPTY;
    const shown = { ...scale(Math.abs(value), decimals) };
    if (!after) shown.prefix = symbol;
    else if (shown.suffix !== undefined) shown.suffix += symbol;
    if (value < 0) shown.prefix = "-" + (shown.prefix ?? "");
    return shown;
  };
}

/** Every digit, grouped by the reader's locale: `currency:financial:€:suffix`. */
export function fullCurrency(symbol: string, after: boolean): Formatter {
  return (value, decimals) => {
    if (value === null || value === undefined) return EMPTY;
    const places = decimals ?? null;
    const text = new Intl.NumberFormat(undefined, {
      minimumFractionDigits: places ?? 0,
      maximumFractionDigits: places ?? 1,
    }).format(value);
    return after ? { text, prefix: "", suffix: symbol } : { text, prefix: symbol, suffix: "" };
  };
}
