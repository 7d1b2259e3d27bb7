/**
 * Arithmetic of the plain reference: everything is a matrix in double precision, and every layer a
 * function from matrices to a matrix.
 */

/** Row-major. Sound is `[channels, steps]`; inside transformers it is `[steps, features]`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly data: Float64Array;
}

/** A matrix of given values. */
export function matrix(rows: number, columns: number, values: ArrayLike<number> = new Float64Array(rows * columns)): Matrix {
  if (values.length !== rows * columns) throw new RangeError(`[${rows}, ${columns}] cannot hold ${values.length} values`);
  return { rows, columns, data: new Float64Array(values) };
}

/** One row, a view. */
export function row(x: Matrix, index: number): Float64Array {
  return x.data.subarray(index * x.columns, (index + 1) * x.columns);
}

/** `[a, b]` -> `[b, a]`. */
export function transpose(x: Matrix): Matrix {
  const out = matrix(x.columns, x.rows);
  for (let r = 0; r < x.rows; r++) for (let c = 0; c < x.columns; c++) out.data[c * x.rows + r] = x.data[r * x.columns + c];
  return out;
}

/** Columns `start` to `end - 1`; outside of x there are zeros. */
export function columns(x: Matrix, start: number, end: number): Matrix {
  const out = matrix(x.rows, end - start);
  for (let r = 0; r < x.rows; r++) {
    for (let c = Math.max(start, 0); c < Math.min(end, x.columns); c++) out.data[r * out.columns + c - start] = x.data[r * x.columns + c];
  }
  return out;
}

/** A function of each value. */
export function each(x: Matrix, f: (value: number) => number): Matrix {
  const out = matrix(x.rows, x.columns);
  for (let i = 0; i < out.data.length; i++) out.data[i] = f(x.data[i]);
  return out;
}

/** The sum of two matrices of one shape. */
export function add(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, a.columns, a.data);
  for (let i = 0; i < out.data.length; i++) out.data[i] += b.data[i];
  return out;
}

/** Each column times its own factor. */
export function scaleColumns(x: Matrix, factors: ArrayLike<number>): Matrix {
  return { ...x, data: x.data.map((value, i) => value * factors[i % x.columns]) };
}

/** A fully connected layer: x `[T, from]`, weight `[to, from]`, bias `[to]` -> `[T, to]`. */
export function linear(x: Matrix, weight: Float32Array, bias?: Float32Array): Matrix {
  const to = weight.length / x.columns;
  const out = matrix(x.rows, to);
  for (let t = 0; t < x.rows; t++) {
    const input = row(x, t);
    for (let o = 0; o < to; o++) {
      let sum = bias ? bias[o] : 0;
      for (let i = 0; i < input.length; i++) sum += input[i] * weight[o * input.length + i];
      out.data[t * to + o] = sum;
    }
  }
  return out;
}
