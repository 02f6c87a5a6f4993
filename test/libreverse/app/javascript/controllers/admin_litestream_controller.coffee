import { Controller } from "@hotwired/stimulus"

# Answers the buttons of /admin/litestream without leaving the page. The server's words are only ever set as text.
export default class extends Controller
  disconnect: ->
    @gone = true

  list: (event) ->
    event.preventDefault()
    link = event.target.closest "a"
    panel = panelOf link
    say panel, "Asking the store…"
    try
      fill panel, link, await ask link.href
    catch error
      say panel, error.message, "bad"

  verify: (event) ->
    event.preventDefault()
    form = event.target
    panel = panelOf form
    button = form.querySelector "[type=submit]"
    say panel, "The verification begins."
    button.disabled = true
    try
      body = new FormData form
      body.append "wait", "0"
      answer = await ask form.action, {method: "POST", body}
      until @gone or answer.success?
        say panel, answer.message
        await new Promise (resolve) -> setTimeout resolve, 1000
        answer = await ask answer.url
      tone = if answer.success then "good" else "bad"
      say panel, answer.message ? answer.error, tone
      form.closest("article").querySelector(".last-verification")
        .replaceChildren element "span", [answer.state], {class: "badge #{tone}"}
      judge answer.verdict if answer.verdict?
    catch error
      say panel, error.message, "bad"
    button.disabled = false

panelOf = (element) -> element.closest("article").querySelector ".panel"

ask = (url, options = {}) ->
  headers = {Accept: "application/json"}
  try
    response = await fetch url, {credentials: "same-origin", headers, ...options}
  catch
    throw new Error "The server does not answer."
  answer = await response.json().catch -> null
  # A verification that failed is an answer, too.
  return answer if answer? and (response.ok or answer.id?)
  throw new Error answer?.error ? "The server refused with status #{response.status}."

element = (name, content, attributes = {}) ->
  node = document.createElement name
  node.append content...
  node.setAttribute key, value for key, value of attributes
  node

say = (panel, text, tone = "plain") ->
  panel.replaceChildren element "p", [text], {class: "message #{tone}"}

judge = ({tone, sentence}) ->
  document.querySelector(".litestream .verdict")
    ?.replaceWith element "p", [sentence], {class: "verdict #{tone}"}

fill = (panel, link, rows) ->
  return say panel, "None yet." if rows.length is 0
  columns = JSON.parse link.dataset.columns
  headings = (element "th", [heading], {scope: "col"} for name, heading of columns)
  lines = for row in rows
    element "tr", (element "td", [String row[name] ? ""] for name of columns)
  table = element "table", [element("thead", [element "tr", headings]), element("tbody", lines)]
  panel.replaceChildren element "div", [table],
    {class: "scroll", tabindex: 0, role: "region", "aria-label": link.getAttribute("aria-label")}
