import { redactText, shown } from './redact.ts';

// What programs print comes from anybody: every repetition is bounded, so that no text makes the search slow.
const secretSetting =
  /((?<![A-Za-z0-9_])[A-Z0-9_]{0,64}(?:KEY|SECRET|TOKEN|PASS|PASSWD|PASSPHRASE|PWD|AUTH|CRED|CREDENTIALS?|DSN|SALT)[A-Z0-9_]{0,64}=)(?!\(not shown\))("[^"\n]{0,4096}"?|'[^'\n]{0,4096}'?|[^\s]{1,65536})/g;
const secretFlag =
  /((?<=[\s"'[,])--?[a-z0-9_-]{0,40}(?:passw(?:or)?d|passphrase|pass(?![a-z])|pwd|secret|token|api-?key|access-?key|private-?key|credentials?|auth)[a-z0-9_-]{0,40}(?:=|[ \t]{1,8}))(?!\(not shown\))("[^"\n]{0,4096}"?|'[^'\n]{0,4096}'?|[^\s]{1,4096})/gi;
/** Programs whose short flags take a password, which `ps` then shows. */
const secretShortFlag =
  /((?<![A-Za-z0-9])(?:(?:mysql|mariadb)[a-z-]{0,20}\b[^\n]{0,400}?[ \t]-p|(?:redis-cli|curl)\b[^\n]{0,400}?[ \t]-[au][ \t]{0,4}|(?:sshpass|mongo|mongosh|ldapsearch|(?:docker|podman) login)\b[^\n]{0,400}?[ \t]-[pw][ \t]{0,4}))(?!\(not shown\))([^\s]{1,4096})/g;
const urlCredentials = /((?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s"'<>]{1,512}@/gi;
const webToken =
  /(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,8192}\.[A-Za-z0-9_-]{4,8192}(?:\.[A-Za-z0-9_-]{0,8192})?/g;
const knownKey =
  /(?<![A-Za-z0-9_-])(?:(?:AKIA|ASIA)[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,255}|github_pat_\w{20,255}|glpat-[\w-]{16,255}|xox[abeprs]-[A-Za-z0-9-]{10,255}|[sr]k[-_][\w-]{16,255}|SG\.[\w-]{16,64}\.[\w-]{16,128}|AIza[\w-]{30,64})/g;

/**
 * The text of a program's output without what looks like a secret: PEM blocks, settings and flags by their names,
 * credentials in URLs, bearer and web tokens, keys of well-known forms. Rather too much than too little.
 */
export function redactOutput(text: string): string {
  return redactText(withoutPem(text))
    .replace(urlCredentials, `$1${shown}@`)
    .replace(webToken, shown)
    .replace(knownKey, shown)
    .replace(secretSetting, `$1${shown}`)
    .replace(secretFlag, `$1${shown}`)
    .replace(secretShortFlag, `$1${shown}`);
}

const begin = '-----BEGIN ';
const end = '-----END ';

/** A block whose end is not there ends with the text. */
function withoutPem(text: string): string {
  const kept: string[] = [];
  let at = 0;
  for (let from = text.indexOf(begin); from >= 0; from = text.indexOf(begin, at)) {
    kept.push(text.slice(at, from), shown);
    const to = text.indexOf(end, from);
    if (to < 0) return kept.join('');
    const line = text.indexOf('-----', to + end.length);
    if (line < 0) return kept.join('');
    at = line + '-----'.length;
  }
  return [...kept, text.slice(at)].join('');
}
