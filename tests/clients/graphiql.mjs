// GraphiQL in a real browser. Told where the hub is, a user, a token and where to put pictures by a
// JSON on standard input; prints what was seen. The judging is done by test_graphiql.py.
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { chromium } from 'playwright-core'

const { url, user, token, profile, pictures } = JSON.parse(await text(process.stdin))
const quiet = ['first-run', 'default-browser-check'].map((flag) => `--no-${flag}`)
const off = ['gpu', 'quic', 'background-networking', 'component-update', 'sync', 'domain-reliability']
const browser = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  viewport: { width: 1280, height: 800 },
  args: ['--no-sandbox', ...quiet, ...off.map((flag) => `--disable-${flag}`)],
})
const seen = { requests: [], complaints: [] }
browser.on('request', (request) => seen.requests.push(request.url()))
const page = browser.pages()[0] ?? (await browser.newPage())
page.on('websocket', (socket) => seen.requests.push(socket.url()))
page.on('console', (told) => told.type() === 'error' && seen.complaints.push(told.text()))
page.on('pageerror', (error) => seen.complaints.push(String(error)))
page.setDefaultTimeout(30_000)

const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`) })
const stored = () => page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))

async function run(query, wanted) {
  await page.locator('.graphiql-query-editor .view-lines').click()
  await page.keyboard.press('Control+A')
  await page.keyboard.press('Delete')
  await page.keyboard.insertText(query)
  await page.locator('.graphiql-execute-button').click()
  const answer = page.locator('.graphiql-response .view-lines')
  await answer.filter({ hasText: wanted }).waitFor()
  return (await answer.innerText()).replaceAll('\u00a0', ' ').replace(/\s+/g, ' ')
}

await page.goto(`${url}/graphiql`)
await page.getByRole('button', { name: 'Log in' }).waitFor()
await picture('start')
await page.getByRole('button', { name: 'Log in' }).click()
await page.locator('input[name=name]').fill(user.name)
await page.locator('input[name=password]').fill(user.password)
await page.getByRole('button').first().click()
await page.locator('button[value=allow]').click()
await page.locator('.graphiql-query-editor .view-lines').waitFor()
seen.address = page.url()
seen.who = await page.locator('header.who').innerText()
seen.answer = await run('{ complaints { nodes { number status } } }', '73-3')
await picture('answer')
await page.getByRole('button', { name: 'Documentation' }).click()
await page.locator('.graphiql-doc-explorer').getByText('Query', { exact: true }).waitFor()
await picture('schema')
seen.event = await run('subscription { indicatorsChanged { received } }', 'received')
await picture('subscription')
seen.kept = await stored()

await page.reload()
await page.locator('#token').fill('eyJ.wrong.token')
await page.getByRole('button', { name: 'Use the token' }).click()
seen.refused = await page.getByRole('alert').innerText()
await picture('refused')
await page.locator('#token').fill(token)
await page.getByRole('button', { name: 'Use the token' }).click()
await page.locator('header.who').waitFor()
seen.pasted = await page.locator('header.who').innerText()
await page.getByRole('button', { name: 'Leave' }).click()
await page.locator('#token').waitFor()
seen.kept += await stored()
await browser.close()
console.log(JSON.stringify(seen))
