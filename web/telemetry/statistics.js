// Mean, deviation and the like. Pure. What is not known (null, NaN) is passed over.

/** `{ count, mean, deviation, min, max }`; the deviation is that of the whole population. */
export function summary(values) {
  let count = 0;
  let mean = 0;
  let squares = 0;
  let min = Infinity;
  let max = -Infinity;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    count += 1;
    // Welford: exact also where the mean is large and the deviation small.
    const difference = value - mean;
    mean += difference / count;
    squares += difference * (value - mean);
    min = Math.min(min, value);
    max = Math.max(max, value);
  }
  if (count === 0) return { count, mean: null, deviation: null, min: null, max: null };
  return { count, mean, deviation: Math.sqrt(squares / count), min, max };
}

/** The greatest value of each of `parts` equal parts; null where a part has none. */
export function peaks(values, parts) {
  const found = new Array(parts).fill(null);
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index];
    if (!Number.isFinite(value)) continue;
    const part = Math.floor(index * parts / values.length);
    found[part] = found[part] === null ? value : Math.max(found[part], value);
  }
  return found;
}
