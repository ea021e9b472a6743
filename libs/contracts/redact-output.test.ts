import { describe, expect, it } from 'vitest';
import { redactOutput } from './redact-output.ts';

describe('redaction of what programs print', () => {
  it.each([
    'ENCRYPTION_KEY=canary',
    'AWS_SECRET_ACCESS_KEY="can ary canary"',
    "SIGNING_KEY='canary canary'",
    'DATABASE_DSN=user:canary@db',
    '   7 root     server --password canary --port 80',
    '   7 root     server --db-password=canary',
    '   7 root     server -token canary',
    '   7 root     mysql -u root -pcanary shop',
    '   7 root     redis-cli -a canary ping',
    '   7 root     sshpass -p canary ssh web',
    '   7 root     redis-server --requirepass canary --port 6379',
    '   7 root     server --db-pass=canary',
    '   7 root     openssl rsa -pass canary',
    '   7 root     mongo -u root -p canary',
    '   7 root     docker login -u root -p canary registry',
    'postgres://root:can/ary@db:5432/app canary-free'.replace('canary-free', 'free'),
    'https://canary@host/path',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.canary_canary',
    'ghp_canarycanarycanarycanary',
    '-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END RSA PRIVATE KEY-----\nseen',
    '-----BEGIN OPENSSH PRIVATE KEY-----\ncanary',
    'one -----BEGIN A-----\ncanary-----END A----- two -----BEGIN B-----\ncanary\n-----END B-----',
    'Authorization: Bearer canary-canary',
    'password: canary',
  ])('finds the secret in %j', (text) => {
    expect(redactOutput(text)).not.toMatch(/can\/?ary/);
  });

  it.each([
    'PID   USER     COMMAND\n    1 root     /sbin/docker-init -- sleep 1000\n    7 root     sleep 1000',
    'Filesystem  1K-blocks  Used Available Use% Mounted on\noverlay  101  50  51  50% /',
    'tcp        0      0 0.0.0.0:8080            0.0.0.0:*               LISTEN',
    'Linux web 5.10.0 #1 SMP Debian x86_64 GNU/Linux',
    'http://localhost:8000/api/v1/health',
    '   7 root     ftpd --passive 1024 -p 21; docker run -p 80:80 web',
  ])('leaves %j as it is', (text) => {
    expect(redactOutput(text)).toBe(text);
  });

  it('keeps what stands beside a secret', () => {
    expect(redactOutput('A=1 API_KEY=canary B=2')).toBe('A=1 API_KEY=(not shown) B=2');
  });

  it.each(['KEY', 'KEY_', ' --token', '-----BEGIN ', 'curl ', 'curl -', 'http://', 'eyJaaaaaaaa.', 'A'])(
    'takes no long time for 64 KiB of %j',
    (piece) => {
      const text = piece.repeat(Math.ceil((64 * 1024) / piece.length));
      const began = performance.now();
      redactOutput(text);
      expect(performance.now() - began).toBeLessThan(5_000);
    },
  );
});
