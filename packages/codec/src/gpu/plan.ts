/**
 * What a graphics card is to compute, kernel by kernel, before any card is there.
 *
 * Every value is a ring, `[slots, channels, capacity]`: a slot holds one stream, and step t of a
 * stream lies at t modulo the capacity, a power of two. A kernel that looks back asks for history,
 * and the ring it reads is made longer; nothing is ever copied to keep the past.
 */

/** A value of the plan: one row of samples for each channel. */
export interface Ring {
  readonly channels: number;
  /** Steps in one frame. */
  readonly rate: number;
  /** Steps before the newest run that kernels look back to. Grows while the plan is made. */
  history: number;
  /** Whether attention reads it: streams that see farther than the plan says make it longer. */
  grows: boolean;
}

/** What a kernel does with the sum it has made, in this order. */
export interface Finish {
  /** Adds a number for each output channel. */
  readonly bias: boolean;
  /** GELU, with the error function. */
  readonly gelu: boolean;
  /** Multiplies by a number for each output channel. */
  readonly scale: boolean;
  /** Adds another ring of the shape of the output. */
  readonly residual: boolean;
  /** Limits to [-1, 1]. */
  readonly clip: boolean;
}

/**
 * Causal convolution to `to * up` rows; row `channel * up + j` of input step t is output step
 * `t * up + j`. Weights `w` `[from, kernel, to * up]`.
 *
 * One with a stride takes `stride` steps of the input at once, as so many channels: step
 * `t * stride + j` of channel c is step t of channel `c * stride + j`. Its weights are
 * `[from * stride, kernel, to]`, and a kernel of 2 looks at two strides.
 */
export interface ConvolutionShape extends Finish {
  readonly kind: "convolution";
  readonly from: number;
  readonly to: number;
  readonly kernel: number;
  readonly dilation: number;
  readonly up: number;
  /** Input goes through SnakeBeta, `x + b sin(a x)^2`. Weights `snake` `[2, from]`: a, then b. */
  readonly snake: boolean;
  /** Input goes through ELU: `x`, or `exp(x) - 1` below 0. */
  readonly elu: boolean;
  readonly stride: number;
  /** Samples of the sound in a step of the input; where a stride may end beyond the sound. */
  readonly hop: number;
  /** What stands there, and before the first step: zeros, or the last and the first value again. */
  readonly edge: "zeros" | "repeated";
}

/**
 * Matrix product for few steps. Weights `w` `[to, from]`, of gated ones `[2 to, from]`: the output
 * is `silu(first) * second`.
 */
export interface RowsShape extends Finish {
  readonly kind: "rows";
  readonly from: number;
  readonly to: number;
  readonly gated: boolean;
}

/**
 * Norm over channels, of the input or of its depthwise convolution. Weights `gain` `[channels]`;
 * `shift` `[channels]` of a layer norm, which also takes the mean away; `taps` `[channels, taps]`
 * and `tapBias` `[channels]` of the convolution.
 */
export interface NormShape {
  readonly kind: "norm";
  readonly channels: number;
  readonly epsilon: number;
  readonly layer: boolean;
  /** Taps of the depthwise convolution; 0 for none. */
  readonly taps: number;
}

/**
 * Attention over a window with rotary positions. Input `[3 heads headDim]`: queries, keys, values.
 * Weights `turns` `[at least window, headDim]`: cosines, then sines, of the angles at a distance.
 */
export interface AttentionShape {
  readonly kind: "attention";
  readonly heads: number;
  readonly headDim: number;
  /** Steps that a step sees, itself included, where a stream does not ask for another number. */
  readonly window: number;
}

/**
 * Sums of codebook entries: of layer 0 into the first half of the output, of all others into the
 * second, each times its layer's gain. Weights `books` `[layers, entries, width]`.
 */
export interface LookupShape {
  readonly kind: "lookup";
  readonly layers: number;
  readonly entries: number;
  /** Half of the output's channels. */
  readonly width: number;
}

/**
 * Codes of a residual quantizer of two parts: layer 0 searches the entry nearest to the first half
 * of the input, the others, one after another, those of the second half; the first on a tie. The
 * output has a channel for each layer. Weights `books` `[layers, width, entries]`.
 */
export interface SearchShape {
  readonly kind: "search";
  readonly layers: number;
  readonly entries: number;
  /** Half of the input's channels. */
  readonly width: number;
}

/** One kernel's work. */
export type KernelShape = ConvolutionShape | RowsShape | NormShape | AttentionShape | LookupShape | SearchShape;

/** Weights of a kernel: how many floats, and where they come from when they are needed. */
export interface Weight {
  readonly length: number;
  read(): Float32Array;
}

/** Weights by the name that the kernel has for them. */
export interface NamedWeight extends Weight {
  readonly name: string;
  /** Whether the card keeps it as floats of 16 bits. Kernels compute with 32. */
  readonly isHalved: boolean;
}

/** One launch. */
export interface Step {
  readonly shape: KernelShape;
  /** Undefined for the lookup, which reads codes. */
  readonly input: Ring | undefined;
  readonly output: Ring;
  readonly residual: Ring | undefined;
  readonly weights: readonly NamedWeight[];
}

/** All launches of one run, in order. */
export interface Plan {
  readonly layers: number;
  readonly rings: readonly Ring[];
  readonly steps: readonly Step[];
  /** The ring of one channel into which the sound is written; undefined where codes go in. */
  readonly input: Ring | undefined;
  /** The ring that is read: sound, of one channel, or codes, a channel for each layer. */
  readonly output: Ring;
  /** Steps that attention sees, itself included. */
  readonly window: number;
  /** Frames of the past that the newest frame can depend on, at most. */
  readonly reachFrames: number;
}

/** Settings of a convolution that most do without. */
export type ConvolutionOptions = Partial<Pick<ConvolutionShape, "kernel" | "dilation" | "up" | "clip" | "elu" | "stride" | "edge">> & {
  readonly bias?: Weight | undefined;
  readonly snake?: Weight | undefined;
  readonly residual?: Ring | undefined;
};

/** Settings of a matrix product that most do without. */
export interface RowsOptions {
  readonly bias?: Weight | undefined;
  readonly scale?: Weight | undefined;
  readonly residual?: Ring | undefined;
  readonly gelu?: boolean;
  readonly gated?: boolean;
}

/** Settings of a norm that most do without. */
export interface NormOptions {
  readonly shift?: Weight | undefined;
  readonly taps?: Weight | undefined;
  readonly tapBias?: Weight | undefined;
}

/** Makes a {@link Plan}, launch by launch; each method gives the ring that it fills. */
export class PlanBuilder {
  readonly #halves: boolean;
  readonly #rings: Ring[] = [];
  readonly #steps: Step[] = [];
  #input: Ring | undefined;
  #window = 1;
  #reach = 0;

  /** @param halves whether the card keeps matrices, all that is called `w`, as floats of 16 bits */
  constructor(halves = false) {
    this.#halves = halves;
  }

  /** The sound that goes in, so many samples a frame. */
  sound(samplesPerFrame: number): Ring {
    this.#input = this.#ring(1, samplesPerFrame);
    return this.#input;
  }

  /** Codes of a run to `[2 width]`. */
  lookup(books: Weight, shape: Omit<LookupShape, "kind">): Ring {
    const output = this.#ring(2 * shape.width, 1);
    return this.#add({
      shape: { kind: "lookup", ...shape },
      input: undefined,
      output,
      residual: undefined,
      weights: this.#named({ books }),
    });
  }

  convolution(input: Ring, w: Weight, to: number, options: ConvolutionOptions = {}): Ring {
    const { kernel = 1, dilation = 1, up = 1, clip = false, elu = false, stride = 1, edge = "zeros", bias, snake, residual } = options;
    const output = this.#ring(to, (input.rate * up) / stride);
    this.#lookBack(input, (kernel - 1) * dilation * stride);
    const hop = stride > 1 ? this.#input!.rate / input.rate : 1;
    const finish: Finish = { bias: bias !== undefined, gelu: false, scale: false, residual: residual !== undefined, clip };
    return this.#add({
      shape: {
        kind: "convolution",
        from: input.channels,
        to,
        kernel,
        dilation,
        up,
        snake: snake !== undefined,
        elu,
        stride,
        hop,
        edge,
        ...finish,
      },
      input,
      output,
      residual,
      weights: this.#named({ w, bias, snake }),
    });
  }

  rows(input: Ring, w: Weight, to: number, options: RowsOptions = {}): Ring {
    const { bias, scale, residual, gelu = false, gated = false } = options;
    const output = this.#ring(to, input.rate);
    const finish: Finish = {
      bias: bias !== undefined,
      gelu,
      scale: scale !== undefined,
      residual: residual !== undefined,
      clip: false,
    };
    return this.#add({
      shape: { kind: "rows", from: input.channels, to, gated, ...finish },
      input,
      output,
      residual,
      weights: this.#named({ w, bias, scale }),
    });
  }

  norm(input: Ring, gain: Weight, epsilon: number, { shift, taps, tapBias }: NormOptions = {}): Ring {
    const width = taps ? taps.length / input.channels : 0;
    const output = this.#ring(input.channels, input.rate);
    this.#lookBack(input, Math.max(0, width - 1));
    return this.#add({
      shape: { kind: "norm", channels: input.channels, epsilon, layer: shift !== undefined, taps: width },
      input,
      output,
      residual: undefined,
      weights: this.#named({ gain, shift, taps, tapBias }),
    });
  }

  attention(input: Ring, turns: Weight, shape: Omit<AttentionShape, "kind">): Ring {
    const output = this.#ring(shape.heads * shape.headDim, input.rate);
    this.#lookBack(input, shape.window - 1);
    input.grows = true;
    this.#window = shape.window;
    return this.#add({ shape: { kind: "attention", ...shape }, input, output, residual: undefined, weights: this.#named({ turns }) });
  }

  /** Values at one step a frame to codes. */
  search(input: Ring, books: Weight, shape: Omit<SearchShape, "kind">): Ring {
    const output = this.#ring(shape.layers, input.rate);
    return this.#add({ shape: { kind: "search", ...shape }, input, output, residual: undefined, weights: this.#named({ books }) });
  }

  /** The plan, which gives what is in this ring. */
  finish(output: Ring, layers: number): Plan {
    const [rings, steps, input, window] = [this.#rings, this.#steps, this.#input, this.#window];
    return { layers, rings, steps, input, output, window, reachFrames: Math.ceil(this.#reach) };
  }

  #ring(channels: number, rate: number): Ring {
    const ring: Ring = { channels, rate, history: 0, grows: false };
    this.#rings.push(ring);
    return ring;
  }

  #lookBack(ring: Ring, steps: number): void {
    ring.history = Math.max(ring.history, steps);
    this.#reach += steps / ring.rate; // as if every launch came after every other: never too few
  }

  #add(step: Step): Ring {
    this.#steps.push(step);
    return step.output;
  }

  #named(weights: Readonly<Record<string, Weight | undefined>>): NamedWeight[] {
    return Object.entries(weights).flatMap(([name, weight]) =>
      weight ? [{ name, isHalved: this.#halves && name === "w", ...weight }] : [],
    );
  }
}

/**
 * Steps that a ring holds when a run has at most so many frames.
 * @param doublings of rings that grow
 */
export function capacityOf({ history, rate, grows }: Ring, group: number, doublings = 0): number {
  return 2 ** (Math.ceil(Math.log2(history + group * rate)) + (grows ? doublings : 0));
}

/** Bytes of a weight on the card: of whole words. */
export function weightBytes({ length, isHalved }: NamedWeight): number {
  return 4 * (isHalved ? Math.ceil(length / 2) : length);
}
