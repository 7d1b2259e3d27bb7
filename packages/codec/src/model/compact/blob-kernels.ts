/** What is done to the weights of a blob, byte by byte: here in TypeScript, and in C as WebAssembly. */
export interface BlobKernels {
  /**
   * Lays a matrix out as the kernels read it, in place: int8 `[rows, columns]` -> `[rows / 4,
   * columns / 4, 4 rows, 4 columns]`, of whose columns the two in the middle are exchanged.
   * @returns the largest sum of the sizes of a row's weights, at least 1
   */
  inFours(matrix: Uint8Array, rows: number): number;
  /**
   * What the search for codes knows of the entries of all layers.
   * @param codebooks int8 `[layers, size, width]`
   * @param scales `[layers * size]`
   * @param squares receives |e|^2 of each entry, `[layers * size]`
   * @param reach receives the largest sum of the sizes of an entry's numbers, `[layers]`
   * @returns the largest such sum of integers, without scale, at least 1
   */
  searchTables(codebooks: Uint8Array, scales: Float32Array, squares: Float32Array, reach: Float32Array): number;
}

/** The bytes of four columns, 0 1 2 3, as the kernels take them apart: 0 2 1 3. */
function swapMiddle(four: number): number {
  return (four & 0xff0000ff) | ((four >>> 8) & 0xff00) | ((four << 8) & 0xff0000);
}

/** The sum of the sizes of four signed bytes. */
function sizeOf(four: number): number {
  const negative = (four >>> 7) & 0x01010101;
  const sizes = (four ^ (negative * 0xff)) + negative;
  const pairs = (sizes & 0x00ff00ff) + ((sizes >>> 8) & 0x00ff00ff);
  return (pairs & 0xffff) + (pairs >>> 16);
}

function inFours(matrix: Uint8Array, rows: number): number {
  const fours = new Uint32Array(matrix.buffer, matrix.byteOffset, matrix.byteLength / 4);
  const columns = fours.length / rows;
  const band = new Uint32Array(4 * columns);
  let largestRow = 1;
  for (let first = 0; first < fours.length; first += band.length) {
    band.set(fours.subarray(first, first + band.length));
    for (let r = 0; r < 4; r++) {
      let sum = 0;
      for (let k = 0; k < columns; k++) {
        const four = band[r * columns + k];
        fours[first + 4 * k + r] = swapMiddle(four);
        sum += sizeOf(four);
      }
      largestRow = Math.max(largestRow, sum);
    }
  }
  return largestRow;
}

function searchTables(codebooks: Uint8Array, scales: Float32Array, squares: Float32Array, reach: Float32Array): number {
  const data = new Int8Array(codebooks.buffer, codebooks.byteOffset, codebooks.byteLength);
  const width = data.length / scales.length;
  let largest = 1;
  for (let entry = 0, at = 0; entry < scales.length; entry++) {
    let [sum, square] = [0, 0];
    for (const end = at + width; at < end; at++) {
      sum += Math.abs(data[at]);
      square += data[at] * data[at];
    }
    const layer = Math.floor((entry * reach.length) / scales.length);
    squares[entry] = square * scales[entry] ** 2;
    reach[layer] = Math.max(reach[layer], sum * scales[entry]);
    largest = Math.max(largest, sum);
  }
  return largest;
}

/** In TypeScript. */
export const blobKernels: BlobKernels = { inFours, searchTables };
