/** The one style sheet, inlined into every page and allowed there by its hash. */
export const STYLE = `
:root { color-scheme: light dark; --paper: #fff; --ground: #eef1f4; --ink: #1c2430; --soft: #5b6675; --line: #d5dbe2;
  --accent: #1f6f5c; --accent-ink: #fff; --alarm: #a52a2a; }
@media (prefers-color-scheme: dark) { :root { --paper: #1b2129; --ground: #12161c; --ink: #e8ecf1; --soft: #9aa6b4;
  --line: #343d49; --accent: #58b79f; --accent-ink: #0c1512; --alarm: #f08a8a; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem; background: var(--ground);
  color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 26rem; background: var(--paper); border: 1px solid var(--line); border-radius: 12px;
  padding: 2rem; }
.brand { color: var(--accent); font-weight: 650; letter-spacing: .02em; margin: 0 0 1.25rem; }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 0 .5rem; }
p { margin: 0 0 1rem; }
.soft { color: var(--soft); font-size: .9rem; }
.alarm { color: var(--alarm); border-left: 3px solid; padding-left: .75rem; }
label { display: block; font-size: .9rem; font-weight: 550; margin-bottom: 1rem; }
input[type=text], input[type=password] { display: block; width: 100%; margin-top: .3rem; padding: .6rem .7rem; font: inherit;
  color: inherit; background: transparent; border: 1px solid var(--line); border-radius: 8px; }
input:focus-visible, button:focus-visible { outline: 3px solid color-mix(in srgb, var(--accent) 45%, transparent);
  outline-offset: 1px; }
ul { list-style: none; margin: 0 0 1.25rem; padding: 0; border: 1px solid var(--line); border-radius: 8px; }
li { padding: .6rem .9rem; } li + li { border-top: 1px solid var(--line); }
code { font-size: .85em; color: var(--soft); }
.choice { display: flex; gap: .75rem; }
button { flex: 1; padding: .65rem 1rem; font: inherit; font-weight: 600; border-radius: 8px; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: inherit; }
button.go { background: var(--accent); border-color: var(--accent); color: var(--accent-ink); }
button.link { flex: none; border: 0; padding: 0; font-weight: 400; font-size: .9rem; color: var(--soft);
  text-decoration: underline; }
.foot { margin: 1.5rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); }
`
