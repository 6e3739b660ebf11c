// A token by authorization code with PKCE, for a public client whose redirect URI is this page. What
// has to outlive the way to the hub's login and back is kept for this tab; the token never is.
import { post } from './ask.js'

const CLIENT = 'graphiql'
const KEPT = 'login'
const page = location.origin + location.pathname
const issuer = page.replace(/\/graphiql$/, '')

export const at = (path) => `${issuer}/${path}`

export async function goToLogin() {
  const verifier = random()
  const state = random()
  sessionStorage.setItem(KEPT, JSON.stringify({ verifier, state }))
  const challenge = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier))
  location.assign(
    `${at('oauth/authorize')}?${new URLSearchParams({
      response_type: 'code',
      client_id: CLIENT,
      redirect_uri: page,
      state,
      code_challenge: encoded(new Uint8Array(challenge)),
      code_challenge_method: 'S256',
    })}`,
  )
}

// The token of whoever comes back from the login; null for whoever comes otherwise.
export async function comeBack() {
  const told = new URLSearchParams(location.search)
  const kept = JSON.parse(sessionStorage.getItem(KEPT))
  if (!told.has('state')) return null
  sessionStorage.removeItem(KEPT)
  history.replaceState(null, '', page)
  if (told.get('state') !== kept?.state || told.get('iss') !== issuer) {
    throw new Error('This is no answer to a login of this tab. Log in again.')
  }
  if (!told.has('code')) throw new Error(told.get('error_description') ?? told.get('error'))
  const answer = await fetch(at('oauth/token'), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: CLIENT,
      code: told.get('code'),
      redirect_uri: page,
      code_verifier: kept.verifier,
    }),
  })
  const given = await answer.json()
  if (!answer.ok) throw new Error(given.error_description ?? given.error)
  return given.access_token
}

// Who a token stands for, and until when it holds.
export async function session(token) {
  const asked = { query: '{ viewer { id grants { role regions { name } channels } } }' }
  const { data, errors } = await post(at('graphql'), { Authorization: `Bearer ${token}` }, asked)
  if (errors) throw new Error(errors[0].message)
  const { id, grants } = data.viewer
  const until = new Date(claims(token).exp * 1000)
  return { token, id, grants: grants.map(inWords).join(', '), until }
}

function inWords({ role, regions, channels }) {
  return [role.toLowerCase(), ...regions.map(({ name }) => name), ...channels].join(' ')
}

function claims(token) {
  return JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')))
}

function random() {
  return encoded(crypto.getRandomValues(new Uint8Array(32)))
}

function encoded(bytes) {
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
}
