// The flows of a real client library against a running hub. It is told of the hub by a JSON on
// standard input, and prints what it saw as JSON; the judging is done by test_openid_client.py.
import { createPrivateKey } from 'node:crypto'
import { text } from 'node:stream/consumers'
import * as oauth from 'openid-client'

const hub = JSON.parse(await text(process.stdin))
const loopback = { execute: [oauth.allowInsecureRequests], algorithm: 'oauth2' }
const discovered = (client, authentication) =>
  oauth.discovery(new URL(hub.url), client.client_id, undefined, authentication, loopback)
const secretOf = (client) => oauth.ClientSecretBasic(client.client_secret)
// With a 401 the error stands in the challenge.
const codeOf = (error) => error.error ?? error.cause?.[0]?.parameters?.error ?? String(error)
const errorOf = (promise) => promise.then(() => 'none', codeOf)

// A browser: cookies and the first form of each page.
class Browser {
  cookies = new Map()

  async open(url, options = {}) {
    const cookie = [...this.cookies].map((pair) => pair.join('=')).join('; ')
    const answer = await fetch(url, { ...options, redirect: 'manual', headers: { cookie } })
    for (const set of answer.headers.getSetCookie()) {
      const [name, value] = set.split(';')[0].split(/=(.*)/s)
      this.cookies.set(name, value)
    }
    this.url = new URL(url)
    const location = answer.headers.get('location')
    if (!location) return (this.page = await answer.text())
    const target = new URL(location, this.url)
    if (target.origin !== this.url.origin) return (this.leftFor = target)
    return this.open(target)
  }

  send(filled) {
    const form = this.page.match(/<form[^>]*>.*?<\/form>/s)[0]
    const attribute = (tag, name) =>
      (tag.match(new RegExp(`${name}="([^"]*)"`))?.[1] ?? '').replaceAll('&amp;', '&')
    const body = new URLSearchParams()
    for (const [input] of form.matchAll(/<input[^>]*>/g)) {
      body.set(attribute(input, 'name'), attribute(input, 'value'))
    }
    for (const [name, value] of Object.entries(filled)) body.set(name, value)
    const target = new URL(attribute(form, 'action') || this.url, this.url)
    return this.open(target, { method: 'POST', body })
  }
}

async function logIn(browser) {
  await browser.send({ name: hub.user.name, password: hub.user.password })
}

async function viewer(config, tokens) {
  const body = JSON.stringify({ query: '{ viewer { id } }' })
  const headers = new Headers({ 'content-type': 'application/json' })
  const url = new URL('/graphql', hub.url)
  const answer = await oauth
    .fetchProtectedResource(config, tokens.access_token, url, 'POST', body, headers)
  return answer.status
}

async function authorizationCode(client, authentication) {
  const config = await discovered(client, authentication)
  const verifier = oauth.randomPKCECodeVerifier()
  const state = oauth.randomState()
  const url = oauth.buildAuthorizationUrl(config, {
    redirect_uri: hub.redirect_uri,
    scope: 'complaints:read statistics:read',
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    resource: hub.url,
    state,
  })
  const browser = new Browser()
  await browser.open(url)
  await logIn(browser)
  await browser.send({ decision: 'allow' })
  const checks = { pkceCodeVerifier: verifier, expectedState: state }
  const tokens = await oauth.authorizationCodeGrant(config, browser.leftFor, checks)
  return { config, tokens, again: () => oauth.authorizationCodeGrant(config, browser.leftFor, checks) }
}

const flows = {
  async code_with_pkce() {
    const { config, tokens, again } = await authorizationCode(hub.console, oauth.None())
    const graphql = await viewer(config, tokens)
    return { scope: tokens.scope, type: tokens.token_type, graphql, second_use: await errorOf(again()) }
  },

  async code_of_a_confidential_client() {
    const { config, tokens } = await authorizationCode(hub.portal, secretOf(hub.portal))
    return { scope: tokens.scope, graphql: await viewer(config, tokens) }
  },

  async client_credentials() {
    const seen = {}
    for (const [name, method] of [['basic', oauth.ClientSecretBasic], ['post', oauth.ClientSecretPost]]) {
      const config = await discovered(hub.service, method(hub.service.client_secret))
      const tokens = await oauth.clientCredentialsGrant(config, { resource: hub.url })
      seen[name] = await viewer(config, tokens)
    }
    const wrong = await discovered(hub.service, oauth.ClientSecretBasic('wrong'))
    seen.wrong = await errorOf(oauth.clientCredentialsGrant(wrong))
    const foreign = await discovered(hub.service, secretOf(hub.service))
    seen.foreign = await errorOf(oauth.clientCredentialsGrant(foreign, { resource: 'https://x.example' }))
    return seen
  },

  async private_key_jwt() {
    const pkcs8 = createPrivateKey(hub.signer.private_key).export({ type: 'pkcs8', format: 'der' })
    const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
    const key = await crypto.subtle.importKey('pkcs8', pkcs8, algorithm, false, ['sign'])
    const config = await discovered(hub.signer, oauth.PrivateKeyJwt({ key, kid: hub.signer.kid }))
    const tokens = await oauth.clientCredentialsGrant(config)
    const other = await crypto.subtle.generateKey(algorithm, false, ['sign'])
    const forger = await discovered(hub.signer, oauth.PrivateKeyJwt({ key: other.privateKey, kid: hub.signer.kid }))
    return { graphql: await viewer(config, tokens), forged: await errorOf(oauth.clientCredentialsGrant(forger)) }
  },

  async device() {
    const config = await discovered(hub.device, oauth.None())
    const begun = await oauth.initiateDeviceAuthorization(config, { scope: 'statistics:read' })
    const polling = oauth.pollDeviceAuthorizationGrant(config, begun)
    const browser = new Browser()
    await browser.open(begun.verification_uri_complete)
    await logIn(browser)
    await browser.send({})
    await browser.send({ decision: 'allow' })
    const tokens = await polling
    return { scope: tokens.scope, graphql: await viewer(config, tokens) }
  },

  async refresh() {
    const { config, tokens } = await authorizationCode(hub.console, oauth.None())
    const second = await oauth.refreshTokenGrant(config, tokens.refresh_token)
    const rotated = second.refresh_token !== tokens.refresh_token
    const graphql = await viewer(config, second)
    const reuse = await errorOf(oauth.refreshTokenGrant(config, tokens.refresh_token))
    const family = await errorOf(oauth.refreshTokenGrant(config, second.refresh_token))
    return { rotated, graphql, reuse, family }
  },

  async introspection_and_revocation() {
    const { config, tokens } = await authorizationCode(hub.portal, secretOf(hub.portal))
    const seen = {}
    for (const kind of ['access_token', 'refresh_token']) {
      const about = await oauth.tokenIntrospection(config, tokens[kind])
      seen[kind] = { active: about.active, client: about.client_id === hub.portal.client_id, sub: about.sub }
    }
    seen.rubbish = (await oauth.tokenIntrospection(config, 'rubbish')).active
    const stranger = await discovered(hub.service, secretOf(hub.service))
    seen.of_another = (await oauth.tokenIntrospection(stranger, tokens.access_token)).active
    await oauth.tokenRevocation(config, tokens.refresh_token)
    seen.after = {
      access_token: (await oauth.tokenIntrospection(config, tokens.access_token)).active,
      refresh_token: (await oauth.tokenIntrospection(config, tokens.refresh_token)).active,
      refresh: await errorOf(oauth.refreshTokenGrant(config, tokens.refresh_token)),
    }
    return seen
  },
}

const [name] = process.argv.slice(2)
console.log(JSON.stringify(await flows[name]()))
