/**
 * A graphics card on which halves of a model run. It must never give wrong results in silence: each
 * half is checked before it is used, and when the card is lost, streams go on on the processor.
 */
import { hexOf } from "../bytes/hex.ts";
import { cardError, type GraphicsCard, type GraphicsRequest } from "../gpu/card.ts";
import { checkKernels } from "../gpu/check.ts";
import { GpuNetwork } from "../gpu/network.ts";
import type { Plan } from "../gpu/plan.ts";
import { GpuStreams } from "../gpu/streams.ts";
import { sha256 } from "./sha256.ts";

/** Streams that share one run; more streams make more room. */
const SLOTS = 4;

/** What is to run on a card. */
export interface GraphicsHalf {
  /** Identity of the model. */
  readonly id: string;
  readonly plan: Plan;
  /** Most frames in one run. */
  readonly group: number;
}

/** One open card, for one model. */
export class ModelCard {
  readonly #card: GraphicsCard;
  readonly #request: GraphicsRequest;
  readonly #closers: (() => void)[] = [];
  #isLost = false;
  #isClosed = false;

  private constructor(card: GraphicsCard, request: GraphicsRequest) {
    this.#card = card;
    this.#request = request;
    void card.device.lost.then(({ message }) => this.fail(`the graphics card was lost (${message || "its driver gives no reason"})`));
  }

  /** @throws CodecError `runtime` where there is no card */
  static async open(request: GraphicsRequest): Promise<ModelCard> {
    return new ModelCard(await request.open(), request);
  }

  /** The card, for reports. */
  get name(): string {
    return this.#card.name;
  }

  /** Whether opening must fail where the card cannot be used. */
  get isRequired(): boolean {
    return this.#request.isRequired;
  }

  /** Whether nothing runs on it any more. */
  get isLost(): boolean {
    return this.#isLost;
  }

  /**
   * Loads a half and checks it: every kernel against double precision, then all together. What was
   * passed once, with the same model, card, driver and kernels, is not checked again.
   * @param compare holds the half against the processor
   * @throws CodecError `runtime` where it does not pass, or the card is too small
   */
  async load({ id, plan, group }: GraphicsHalf, compare: (streams: GpuStreams, network: GpuNetwork) => Promise<void>): Promise<GpuStreams> {
    const network = await GpuNetwork.open(this.#card, plan, group);
    const streams = new GpuStreams(network, SLOTS);
    const close = (): void => {
      streams.close();
      network.close();
    };
    try {
      const { passed } = this.#request;
      const key = checkKey(id, network);
      if (!(await passed.has(key))) {
        await checkKernels(network);
        await compare(streams, network);
        await passed.add(key);
      }
    } catch (error) {
      close();
      throw error;
    }
    this.#closers.push(close);
    return streams;
  }

  /** The error of a half that computes something else than the processor. */
  differs(what: string): Error {
    return cardError(this.#card, `${what}: update its driver`);
  }

  /** Is told what a user should know. */
  note(reason: string): void {
    this.#request.note(reason);
  }

  /** From now on everything runs on the processor. */
  fail(reason: string): void {
    if (this.#isLost || this.#isClosed) return;
    this.#isLost = true;
    this.note(`work goes on on the processor: ${reason}`);
  }

  /** Frees the card. */
  close(): void {
    this.#isClosed = true;
    for (const close of this.#closers) close();
    this.#card.close();
  }
}

function checkKey(id: string, { card, launches }: GpuNetwork): string {
  const kernels = launches.map(({ kernel }) => kernel.code + JSON.stringify(kernel.numbers));
  const digest = sha256(new TextEncoder().encode([id, card.key, ...new Set(kernels)].join("\n")));
  return hexOf(digest);
}
