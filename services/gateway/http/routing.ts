/** A route as it was declared: `/a/:id` and `/b/*` stand for any segment and any rest. */
type Route = { readonly method: string; readonly pattern: RegExp };

/** Knows which methods a path has, for the answer to one that it has not. */
export class RouteTable {
  readonly #routes: Route[] = [];

  add(methods: string | readonly string[], url: string): void {
    const source = url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : RegExp.escape(part)))
      .join('/');
    for (const method of [methods].flat()) this.#routes.push({ method, pattern: new RegExp(`^${source}$`) });
  }

  /** The methods of a path without its query, sorted; empty when there is no such path. */
  methodsOf(path: string): readonly string[] {
    const fitting = this.#routes.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
    return [...new Set(fitting)].sort();
  }
}
