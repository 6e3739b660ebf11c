import 'graphiql/setup-workers/vite'
import 'graphiql/style.css'
import './style.css'

import { GraphiQL } from 'graphiql'
import { useEffect, useMemo, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { asker } from './ask.js'
import { at, comeBack, goToLogin, session } from './login.js'

const EXAMPLE = `# What you see is within the scope of your token.
# Ctrl-Enter runs it, Ctrl-Space completes, the book on the left is the schema.

{
  viewer {
    id
    scopes
  }
  complaints(first: 5) {
    nodes {
      number
      status
      receivedAt
      district {
        name
      }
    }
  }
}
`

function Start({ told, enter }) {
  const [token, setToken] = useState('')
  function paste(event) {
    event.preventDefault()
    enter(token.trim())
  }
  return (
    <main className="start">
      <h1>GraphiQL</h1>
      <p>Ask the complaint hub, within what you may see.</p>
      {told && (
        <p className="wrong" role="alert">
          {told}
        </p>
      )}
      <button type="button" onClick={goToLogin}>
        Log in
      </button>
      <form onSubmit={paste}>
        <label htmlFor="token">or with an access token that you have</label>
        <input
          id="token"
          type="password"
          autoComplete="off"
          spellCheck={false}
          required
          value={token}
          onChange={(event) => setToken(event.target.value)}
        />
        <button className="plain" type="submit">
          Use the token
        </button>
      </form>
      <p className="note">
        A token is kept by this page only, until it expires or the page is left. Queries are kept
        for as long as this tab is open.
      </p>
    </main>
  )
}

function Editor({ token, id, grants, until, leave }) {
  const fetcher = useMemo(() => asker(at('graphql'), token), [token])
  useEffect(() => {
    const end = () => leave('The token has expired. Log in again; your queries are still there.')
    const timer = setTimeout(end, until - Date.now())
    return () => clearTimeout(timer)
  }, [until])
  const time = until.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  return (
    <>
      <header className="who">
        <strong>Complaint Hub</strong>
        <span title={id}>{grants}</span>
        <span>until {time}</span>
        <button type="button" onClick={() => leave('')}>
          Leave
        </button>
      </header>
      <GraphiQL
        fetcher={fetcher}
        storage={sessionStorage}
        defaultQuery={EXAMPLE}
        defaultEditorToolsVisibility="variables"
        isHeadersEditorEnabled={false}
        showPersistHeadersSettings={false}
      />
    </>
  )
}

function App() {
  const [entered, setEntered] = useState(null)
  const [told, setTold] = useState('')
  async function enter(token) {
    try {
      setEntered(await session(token))
      setTold('')
    } catch (error) {
      setTold(error.message)
    }
  }
  useEffect(() => {
    comeBack().then((token) => token && enter(token), (error) => setTold(error.message))
  }, [])
  function leave(why) {
    setEntered(null)
    setTold(why)
  }
  return entered ? <Editor {...entered} leave={leave} /> : <Start told={told} enter={enter} />
}

createRoot(document.getElementById('root')).render(<App />)
