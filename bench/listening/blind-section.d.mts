export const BLIND_STYLE: string;
export const BLIND_SECTION: { readonly text: string; toString(): string };
