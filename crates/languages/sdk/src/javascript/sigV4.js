// AWS Signature Version 4 with the Web Crypto API.

const ENCODER = new TextEncoder();

function subtle() {
  const found = globalThis.crypto && globalThis.crypto.subtle;
  if (!found) {
    throw new Error('Requests can be signed only where the Web Crypto API is: on HTTPS pages and in Node.js 20.');
  }
  return found;
}

function hex(buffer) {
  return Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function sha256(bytes) {
  return hex(await subtle().digest('SHA-256', bytes));
}

async function hmac(key, text) {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await subtle().importKey('raw', key, algorithm, false, ['sign']);
  return subtle().sign('HMAC', imported, ENCODER.encode(text));
}

/** Percent-encodes all but letters, digits and `-._~`. */
export function encode(text) {
  const escape = (c) => '%' + c.charCodeAt(0).toString(16).toUpperCase();
  return encodeURIComponent(text).replace(/[!'()*]/g, escape);
}

function canonicalQuery(url) {
  const pairs = Array.from(url.searchParams, ([name, value]) => [encode(name), encode(value)]);
  const order = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  pairs.sort((a, b) => order(a[0], b[0]) || order(a[1], b[1]));
  return pairs.map((pair) => pair.join('=')).join('&');
}

/**
 * The headers with which a request is signed: `Authorization`, `X-Amz-Date` and, with a session token,
 * `X-Amz-Security-Token`.
 *
 * @param request `{ verb, url, headers, body }`; `body` is a Uint8Array
 * @param keys `{ accessKey, secretKey, sessionToken, region }`
 * @param now the moment, a Date
 */
export async function sign(request, keys, now) {
  const moment = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = moment.slice(0, 8);
  const scope = `${day}/${keys.region}/execute-api/aws4_request`;
  const added = { 'X-Amz-Date': moment };
  if (keys.sessionToken) {
    added['X-Amz-Security-Token'] = keys.sessionToken;
  }
  const signed = { host: request.url.host };
  for (const [name, value] of Object.entries({ ...request.headers, ...added })) {
    const lower = name.toLowerCase();
    if (lower === 'content-type' || lower.startsWith('x-amz-')) {
      signed[lower] = String(value).trim().replace(/ +/g, ' ');
    }
  }
  const names = Object.keys(signed).sort();
  const canonical = [
    request.verb,
    request.url.pathname.split('/').map(encode).join('/'),
    canonicalQuery(request.url),
    ...names.map((name) => `${name}:${signed[name]}`),
    '',
    names.join(';'),
    await sha256(request.body),
  ].join('\n');
  const text = ['AWS4-HMAC-SHA256', moment, scope, await sha256(ENCODER.encode(canonical))].join('\n');
  let key = ENCODER.encode(`AWS4${keys.secretKey}`);
  for (const part of [day, keys.region, 'execute-api', 'aws4_request']) {
    key = await hmac(key, part);
  }
  const signature = hex(await hmac(key, text));
  added.Authorization =
    `AWS4-HMAC-SHA256 Credential=${keys.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
  return added;
}
