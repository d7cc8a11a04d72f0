const PLACE = "undertone.key";

/** The API key, for as long as this tab is open. It goes into headers only. */
export function storedKey(): string | undefined {
  return sessionStorage.getItem(PLACE) ?? undefined;
}

/** Keeps a key, or forgets it. */
export function storeKey(key: string | undefined): void {
  if (key === undefined) sessionStorage.removeItem(PLACE);
  else sessionStorage.setItem(PLACE, key);
}

export function keyHeaders(): Record<string, string> {
  const key = storedKey();
  return key === undefined ? {} : { authorization: `Bearer ${key}` };
}
