/** Bytes that no client library sends: each must be answered with a 4xx or a closed connection, and hurt nobody. */
export const rawCases: Readonly<Record<string, string>> = {
  'no HTTP at all': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
  'half a request line': 'POST /api/v1/rem',
  'an unknown method': 'HEAL / HTTP/1.1\r\nhost: localhost\r\n\r\n',
  'an unknown version': 'GET / HTTP/9.9\r\nhost: localhost\r\n\r\n',
  'no host': 'GET /api/v1/targets HTTP/1.1\r\n\r\n',
  'two hosts': 'GET /api/v1/targets HTTP/1.1\r\nhost: localhost\r\nhost: evil.example\r\n\r\n',
  'an absolute URL of another host':
    'GET http://evil.example/api/v1/targets HTTP/1.1\r\nhost: evil.example\r\n\r\n',
  'a tunnel': 'CONNECT 127.0.0.1:22 HTTP/1.1\r\nhost: 127.0.0.1:22\r\n\r\n',
  'an upgrade':
    'GET /api/v1/events HTTP/1.1\r\nhost: evil.example\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n',
  'two lengths':
    'POST /api/v1/remediations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 2\r\ncontent-length: 5\r\n\r\n{}xyz',
  'a length and chunks':
    'POST /api/v1/remediations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n',
  'a negative length': 'POST /api/v1/remediations HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n',
  'chunks of no number':
    'POST /api/v1/remediations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n',
  'an unknown transfer encoding':
    'POST /api/v1/remediations HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip, identity\r\n\r\n',
  'a header with a line break inside':
    'GET /api/v1/targets HTTP/1.1\r\nhost: localhost\r\nx-a: b\n c\r\n\r\n',
  'a header name with a space': 'GET /api/v1/targets HTTP/1.1\r\nhost: localhost\r\nx a: b\r\n\r\n',
  'a NUL in the path': 'GET /api/v1/\0targets HTTP/1.1\r\nhost: localhost\r\n\r\n',
  'a way out of the documents': 'GET /docs/static/../x HTTP/1.1\r\nhost: localhost\r\n\r\n',
  'a NUL among the documents': 'GET /docs/static/%00 HTTP/1.1\r\nhost: localhost\r\n\r\n',
  'a compressed body':
    'POST /api/v1/remediations HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\ncontent-length: 2\r\n\r\n{}',
  'headers of a megabyte': `GET / HTTP/1.1\r\nhost: localhost\r\nx-long: ${'x'.repeat(1_000_000)}\r\n\r\n`,
  'ten thousand headers': `GET / HTTP/1.1\r\nhost: localhost\r\n${'x: y\r\n'.repeat(10_000)}\r\n`,
  'a URL of a megabyte': `GET /${'x'.repeat(1_000_000)} HTTP/1.1\r\nhost: localhost\r\n\r\n`,
};

/** Of what never ends to arrive: the connection has to end by itself. */
export const slowCases: Readonly<Record<string, string>> = {
  'headers that never end': 'GET / HTTP/1.1\r\nhost: localhost\r\nx-slow: ',
};
