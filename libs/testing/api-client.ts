import { openApiCheck } from './openapi-check.ts';

export type ApiAnswer = {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: a test reads any member of any answer
  readonly body: any;
};

export interface ApiClient {
  readonly url: string;
  call(
    method: string,
    path: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ): Promise<ApiAnswer>;
  get(path: string): Promise<ApiAnswer>;
  post(path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<ApiAnswer>;
}

/** Asks a gateway, and throws when an answer is not as its OpenAPI document says. A text body is sent as it is. */
export async function apiClient(url: string): Promise<ApiClient> {
  const check = openApiCheck(await (await fetch(`${url}/openapi.json`)).json());
  const call: ApiClient['call'] = async (method, path, body, headers = {}) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const contentType = response.headers.get('content-type');
    const text = await response.text();
    const answer: unknown = contentType?.includes('json') ? JSON.parse(text) : text;
    const complaints = check({ method, path, status: response.status, contentType, body: answer });
    if (complaints.length > 0) throw new Error(complaints.join('\n'));
    return { status: response.status, headers: response.headers, body: answer };
  };
  return {
    url,
    call,
    get: (path) => call('GET', path),
    post: (path, body, headers) => call('POST', path, body, headers),
  };
}
