// The kept samples as a table for other programs (RFC 4180). Pure.

/** One row a sample; after the cluster's columns two for each replica that occurs. What is not known is
 * empty. */
export function toCSV(samples) {
  const ids = [...new Set(samples.flatMap((sample) => [...sample.lags.keys()]))].sort();
  const head = ["time", "offset", "lines_per_second", "bytes_per_second", "lag_mean", "lag_deviation",
    "lag_max", "lag_ms_mean", "lag_ms_deviation", "lag_ms_max", "visible_p50_ms", "visible_p99_ms",
    ...ids.flatMap((id) => [`lag ${id}`, `lag_ms ${id}`])];
  const rows = samples.map((sample) => [
    new Date(sample.time).toISOString(), sample.offset, sample.rate, sample.bytesRate,
    rounded(sample.lag.mean), rounded(sample.lag.deviation), sample.lag.max,
    rounded(sample.ms.mean), rounded(sample.ms.deviation), sample.ms.max, sample.p50, sample.p99,
    ...ids.flatMap((id) => [sample.lags.get(id)?.lag, sample.lags.get(id)?.ms]),
  ]);
  return [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

const rounded = (value) => (value === null ? null : Number(value.toFixed(3)));

function cell(value) {
  if (value === null || value === undefined) return "";
  const text = String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
