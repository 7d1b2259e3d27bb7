export function shuffled<T>(items: readonly T[], random: () => number): T[];
export function chanceOf(right: number, count: number): number;
export function tally(
  answers: readonly { readonly pair: string; readonly isRight: boolean }[],
): { pair: string; right: number; count: number; chance: number }[];
