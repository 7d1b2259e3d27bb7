/**
 * The mean of the channels, so that full scale stays full scale.
 * @param channels one array per channel, all of one length; at least one
 * @returns the array itself when there is one channel, a new one otherwise
 */
export function mixToMono(channels: readonly Float32Array[]): Float32Array {
  if (channels.length === 1) return channels[0];
  const out = new Float32Array(channels[0].length);
  for (let i = 0; i < out.length; i++) {
    let sum = 0;
    for (const channel of channels) sum += channel[i];
    out[i] = sum / channels.length;
  }
  return out;
}
