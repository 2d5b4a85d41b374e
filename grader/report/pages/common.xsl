<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  common.xsl - what the pages of a class share: the frame, the style, and small
  parts.

  Every byte of a submission reaches a page as the text of an XML document, so
  it is escaped by whoever writes the page, never by a template.  A template
  must not use disable-output-escaping, nor put text into an element `script` or
  `style`, nor an address from a submission into an attribute.  A page needs
  nothing but itself: no script, no font, no image; its policy says so too.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:output method="html" doctype-system="about:legacy-compat"
            encoding="UTF-8" indent="no"/>
<xsl:strip-space elements="*"/>
<xsl:preserve-space elements="line note output errors expected seen stack
                              message"/>

<!-- ==== The frame ======================================================= -->

<xsl:template name="page">
  <xsl:param name="title"/>
  <xsl:param name="kind"/>
  <xsl:param name="header"/>
  <xsl:param name="main"/>
  <html lang="en">
    <head>
      <meta http-equiv="Content-Security-Policy"
            content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta name="referrer" content="no-referrer"/>
      <title><xsl:value-of select="$title"/></title>
      <xsl:call-template name="style"/>
    </head>
    <body class="{$kind}">
      <a class="skip" href="#main">Skip to the content</a>
      <header>
        <xsl:copy-of select="$header"/>
      </header>
      <main id="main" tabindex="-1">
        <xsl:copy-of select="$main"/>
      </main>
      <footer>
        <p>
          <xsl:text>Made by ipclab </xsl:text>
          <xsl:value-of select="/*/@kit"/>
          <xsl:if test="/*/@generated != ''">
            <xsl:text>, </xsl:text>
            <span class="nowrap"><xsl:value-of select="/*/@generated"/></span>
          </xsl:if>
          <xsl:text>.</xsl:text>
        </p>
      </footer>
    </body>
  </html>
</xsl:template>

<!-- ==== Small parts ===================================================== -->

<!-- Text from a submission or from a run of it.  Characters that turn the
     direction of text around could make code look like other code: they are
     shown as what cannot be shown. -->
<xsl:template name="text">
  <xsl:param name="of" select="."/>
  <xsl:value-of select="translate($of,
    '&#x61C;&#x200E;&#x200F;&#x202A;&#x202B;&#x202C;&#x202D;&#x202E;&#x2066;&#x2067;&#x2068;&#x2069;',
    '&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;&#xFFFD;')"/>
</xsl:template>

<!-- A person: the name, or the id of one without. -->
<xsl:template name="person">
  <xsl:param name="name"/>
  <xsl:param name="id"/>
  <bdi>
    <xsl:choose>
      <xsl:when test="$name != ''"><xsl:value-of select="$name"/></xsl:when>
      <xsl:otherwise><xsl:value-of select="$id"/></xsl:otherwise>
    </xsl:choose>
  </bdi>
</xsl:template>

<!-- "1 test", "2 tests". -->
<xsl:template name="count">
  <xsl:param name="of"/>
  <xsl:param name="one"/>
  <xsl:param name="many" select="concat($one, 's')"/>
  <xsl:value-of select="$of"/>
  <xsl:text> </xsl:text>
  <xsl:choose>
    <xsl:when test="$of = 1"><xsl:value-of select="$one"/></xsl:when>
    <xsl:otherwise><xsl:value-of select="$many"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- A part of a whole as a bar; the number stands beside it. -->
<xsl:template name="bar">
  <xsl:param name="of"/>
  <xsl:param name="max" select="100"/>
  <svg class="bar" viewBox="0 0 100 1" preserveAspectRatio="none"
       aria-hidden="true" focusable="false">
    <rect class="track" width="100" height="1"/>
    <xsl:if test="$max &gt; 0 and $of &gt; 0">
      <rect class="fill" height="1">
        <xsl:if test="$of &gt;= $max">
          <xsl:attribute name="class">fill whole</xsl:attribute>
        </xsl:if>
        <xsl:attribute name="width">
          <xsl:choose>
            <xsl:when test="$of &gt; $max">100</xsl:when>
            <xsl:otherwise>
              <xsl:value-of select="format-number(100 * $of div $max, '0.##')"/>
            </xsl:otherwise>
          </xsl:choose>
        </xsl:attribute>
      </rect>
    </xsl:if>
  </svg>
</xsl:template>

<!-- A mark in words, MOOD one of ok, bad, warn, memory, plain. -->
<xsl:template name="tag">
  <xsl:param name="mood" select="'plain'"/>
  <xsl:param name="words"/>
  <span class="tag {$mood}"><xsl:value-of select="$words"/></span>
</xsl:template>

<!-- What became of a lab, for a `lab` or `cell` with a status. -->
<xsl:template name="status">
  <xsl:param name="of" select="@status"/>
  <xsl:choose>
    <xsl:when test="$of = 'graded'">
      <span class="dim">graded</span>
    </xsl:when>
    <xsl:when test="$of = 'unbuilt'">
      <xsl:call-template name="tag">
        <xsl:with-param name="mood" select="'bad'"/>
        <xsl:with-param name="words" select="'does not build'"/>
      </xsl:call-template>
    </xsl:when>
    <xsl:when test="$of = 'missing'">
      <span class="dim">not handed in</span>
    </xsl:when>
    <xsl:when test="$of = 'waiting'">
      <span class="dim">not graded yet</span>
    </xsl:when>
    <xsl:otherwise>
      <xsl:call-template name="tag">
        <xsl:with-param name="mood" select="'warn'"/>
        <xsl:with-param name="words" select="'could not be graded'"/>
      </xsl:call-template>
    </xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- ==== The style ======================================================= -->

<xsl:template name="style">
<style>
/* Colours: ink on paper; each mood has a word colour and a ground. */
:root {
  color-scheme: light dark;
  --paper: #fcfcfa; --card: #ffffff; --sunk: #f3f4f0;
  --ink: #1b1f23; --dim: #565d66; --rule: #dfe1db; --edge: #85898a;
  --link: #17568f; --fill: #4a7cae; --track: #e4e7e2;
  --ok: #1a6638; --bad: #a1242a; --warn: #744d00; --memory: #62379a;
  --ok-ground: #e6f2e8; --bad-ground: #fbebea; --warn-ground: #faf1d8;
  --memory-ground: #f1ebfa; --whole: #3c8a57;
  --p0: #e3eefb; --p1: #fbeedd; --p2: #e5f3e4; --p3: #f6e7f4; --p4: #f7f2cf;
  --p5: #def2f1;
  --q0: #2a6db0; --q1: #95530f; --q2: #337a35; --q3: #96438b; --q4: #766800;
  --q5: #17766f;
  --sans: system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans",
          "Liberation Sans", sans-serif;
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, "Noto Sans Mono",
          "DejaVu Sans Mono", "Liberation Mono", monospace;
}
@media screen and (prefers-color-scheme: dark) {
  :root {
    --paper: #15181b; --card: #1b1f23; --sunk: #101315;
    --ink: #e4e6e8; --dim: #a3abb4; --rule: #30363c; --edge: #777f88;
    --link: #8cbcf2; --fill: #6c9fd4; --track: #2c3238;
    --ok: #83cd9b; --bad: #f59b95; --warn: #e4b860; --memory: #c6a8f3;
    --ok-ground: #17291d; --bad-ground: #331c1c; --warn-ground: #2e2614;
    --memory-ground: #271f36; --whole: #5bb27a;
    --p0: #182a3d; --p1: #35271a; --p2: #1a2d1c; --p3: #331f30; --p4: #2e2b13;
    --p5: #152e2d;
    --q0: #7db2ea; --q1: #e3a565; --q2: #84c486; --q3: #dd97d3; --q4: #cfc163;
    --q5: #6cc7bf;
  }
}

/* Ground */
*, *::before, *::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 76rem; padding: 0 clamp(1rem, 4vw, 2.5rem);
  background: var(--paper); color: var(--ink);
  font: 1rem/1.6 var(--sans); font-variant-numeric: tabular-nums;
  overflow-wrap: anywhere;
}
.student { max-width: 64rem; }
.similar { max-width: 96rem; }
header { padding: clamp(1.5rem, 5vw, 3.5rem) 0 1.5rem; }
main:focus { outline: none; }
footer {
  margin-top: 4rem; padding: 1rem 0 3rem; border-top: 1px solid var(--rule);
  color: var(--dim); font-size: .875rem;
}
h1, h2, h3 { line-height: 1.25; text-wrap: balance; }
h1 {
  margin: 0; font-size: clamp(1.75rem, 1.4rem + 1.6vw, 2.5rem);
  font-weight: 650; letter-spacing: -.02em;
}
h2 {
  margin: 0 0 1rem; font-size: 1.5rem; font-weight: 650; letter-spacing: -.012em;
}
h3 { margin: 0; font-size: 1.0625rem; font-weight: 650; }
p, ul, ol, dl, pre, table { margin: 0; }
p + p { margin-top: .75rem; }
p, li { max-width: 70ch; }
section { margin-top: 3.5rem; }
main > section:first-child { margin-top: 1rem; }
section, article, [id] { scroll-margin-top: 1rem; }
.mark, .same { scroll-margin-top: 8rem; }
a { color: var(--link); text-underline-offset: .18em; text-decoration-thickness: 1px; }
a:hover { text-decoration-thickness: 2px; }
:focus-visible {
  outline: 3px solid var(--link); outline-offset: 2px; border-radius: 3px;
}
code, pre, .mono { font-family: var(--mono); font-size: .875em; }
pre { white-space: pre-wrap; tab-size: 4; }
.dim { color: var(--dim); }
.small { font-size: .875rem; }
.nowrap { white-space: nowrap; }
.lead { margin-top: .75rem; font-size: 1.125rem; max-width: 60ch; }
.over { margin: 0 0 .375rem; color: var(--dim); font-size: .875rem; letter-spacing: .01em; }
.hide {
  position: absolute; width: 1px; height: 1px; margin: -1px; overflow: hidden;
  clip-path: inset(50%); white-space: nowrap;
}
.skip {
  position: absolute; left: 1rem; top: -4rem; z-index: 9; padding: .5rem .875rem;
  background: var(--card); border: 1px solid var(--edge); border-radius: 4px;
}
.skip:focus { top: .75rem; }

/* Marks in words */
.tag {
  display: inline-block; padding: 0 .5em; border: 1px solid currentColor;
  border-radius: 3px; font-size: .8125rem; line-height: 1.5; font-weight: 600;
  white-space: nowrap; color: var(--dim);
}
.tag.plain { border-color: var(--rule); font-weight: 500; }
.tag.ok { color: var(--ok); background: var(--ok-ground); }
.tag.bad { color: var(--bad); background: var(--bad-ground); }
.tag.warn { color: var(--warn); background: var(--warn-ground); }
.tag.memory { color: var(--memory); background: var(--memory-ground); }

.bar { display: block; width: 100%; height: .375rem; border-radius: 2px; }
.track { fill: var(--track); }
.fill { fill: var(--fill); }
.fill.whole { fill: var(--whole); }

/* Tables, and boxes that scroll by themselves */
.scroll {
  position: relative; overflow: auto; max-width: 100%; border: 1px solid var(--rule);
  border-radius: 6px; background: var(--card);
}
table { border-collapse: collapse; width: 100%; }
caption { padding: 0 0 .5rem; text-align: left; color: var(--dim); font-size: .875rem; }
.scroll caption { padding: .625rem .875rem .25rem; }
th, td { padding: .5rem .875rem; text-align: left; vertical-align: top; font-weight: 400; }
thead th { color: var(--dim); font-size: .8125rem; font-weight: 600; vertical-align: bottom; }
tbody tr, tfoot tr { border-top: 1px solid var(--rule); }
/* Words stay whole, so that a box scrolls rather than letters pile up. */
.scroll th, .scroll td { overflow-wrap: break-word; }
.scroll td code, .grid th:first-child { overflow-wrap: anywhere; }
td.num, th.num { text-align: right; white-space: nowrap; }

/* Things to open */
details { margin-top: .75rem; }
summary { cursor: pointer; padding: .25rem 0; color: var(--link); width: fit-content; }
summary:hover { text-decoration: underline; text-underline-offset: .18em; }
details > :not(summary) { margin-top: .5rem; }

/* Notices and cards */
.notice {
  margin-top: 1rem; padding: .75rem 1rem; border: 1px solid var(--rule);
  border-left: 4px solid var(--edge); border-radius: 4px; background: var(--card);
}
.notice ul, .plainlist { padding: 0; list-style: none; }
.notice p + ul { margin-top: .375rem; }
.notice, .notice li { max-width: none; }
.notice li + li { margin-top: .375rem; }
.notice + .scroll { margin-top: 1rem; }
.notice.bad { border-left-color: var(--bad); }
.notice.warn { border-left-color: var(--warn); }
.notice.hand { border-left-color: var(--link); }
.card {
  margin-top: 1rem; padding: 1rem clamp(1rem, 2.5vw, 1.5rem) 1.25rem;
  border: 1px solid var(--rule); border-left: 4px solid var(--edge);
  border-radius: 6px; background: var(--card);
}
.card.bad { border-left-color: var(--bad); }
.card.warn { border-left-color: var(--warn); }
.card.memory { border-left-color: var(--memory); }
.head { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: baseline; }
.head > :first-child { flex: 1 1 14rem; min-width: 0; }
.head h3 { display: flex; flex-wrap: wrap; gap: .125rem .625rem; align-items: baseline; }
.head .points { white-space: nowrap; font-weight: 600; }
.points .of { color: var(--dim); font-weight: 400; }
.what { margin-top: .25rem; color: var(--dim); }
.diagnosis {
  margin-top: .875rem; font-size: 1.125rem; line-height: 1.5; font-weight: 500;
  max-width: 62ch;
}
.diagnosis::first-letter { text-transform: uppercase; }
.facts {
  display: grid; grid-template-columns: 6.5rem minmax(0, 1fr);
  gap: .5rem 1rem; align-items: baseline; margin-top: 1rem;
}
.facts dt { color: var(--dim); font-size: .875rem; line-height: 1.6rem; }
.facts dd { margin: 0; min-width: 0; }
.facts dd > pre, .facts dd > ul { font-size: .875rem; line-height: 1.6rem; }
.facts ul { padding: 0; list-style: none; }
.facts li { max-width: none; padding-left: 1.25em; text-indent: -1.25em; }
.facts li + li { margin-top: .125rem; }
.facts pre code { font-size: inherit; }
.command {
  display: block; padding: .375rem .75rem; background: var(--sunk);
  border: 1px solid var(--rule); border-radius: 4px; white-space: pre-wrap;
  font-size: .8125rem; line-height: 1.6;
  -webkit-user-select: all; user-select: all;
}
.stream {
  padding: .5rem .75rem; background: var(--sunk); border: 1px solid var(--rule);
  border-radius: 4px; font-size: .8125rem; line-height: 1.55;
}
.facts dd > .stream { font-size: .8125rem; line-height: 1.55; }
.facts details { margin-top: 0; }

/* Code */
.code {
  font-family: var(--mono); font-size: .8125rem; line-height: 1.55;
  padding: .5rem 0; background: var(--sunk); tab-size: 4;
}
.lines { width: max-content; min-width: 100%; }
.l { display: flex; min-height: 1.55em; overflow-y: clip; }
.l code { font-size: 1em; white-space: pre; overflow-wrap: normal; padding: 0 1.5rem 0 .75rem; }
.n {
  position: sticky; left: 0; flex: none; width: 3.75rem; padding-right: .75rem;
  text-align: right; color: var(--dim); background: var(--sunk);
  border-right: 1px solid var(--rule);
  -webkit-user-select: none; user-select: none;
}
.m-error, .m-error .n { background: var(--bad-ground); }
.m-warning, .m-warning .n { background: var(--warn-ground); }
.m-memory, .m-memory .n { background: var(--memory-ground); }
.m-error .n { color: var(--bad); font-weight: 700; }
.m-warning .n { color: var(--warn); font-weight: 700; }
.m-memory .n { color: var(--memory); font-weight: 700; }
.note {
  position: sticky; left: 4.5rem; display: block; width: fit-content;
  max-width: min(72ch, 100vw - 9rem); margin-left: 4.5rem; padding: 0 0 .25rem;
  font-family: var(--sans); font-size: .875rem; overflow-wrap: anywhere;
}
.m-error .note { color: var(--bad); }
.m-warning .note { color: var(--warn); }
.m-memory .note { color: var(--memory); }
.mark:target { outline: 2px solid var(--link); outline-offset: -2px; }
.gap {
  padding: .25rem 0 .25rem 4.5rem; margin: .25rem 0; color: var(--dim);
  font-family: var(--sans); font-size: .8125rem;
  border-block: 1px dashed var(--rule);
}

/* A student's page */
.total { display: flex; flex-wrap: wrap; gap: .5rem 2rem; align-items: end; margin-top: 1.5rem; }
.total strong { font-size: 2.25rem; line-height: 1; font-weight: 650; letter-spacing: -.02em; }
.total .bar { flex: 1 1 14rem; max-width: 28rem; height: .625rem; margin-bottom: .5rem; }
.labs td, .labs th { vertical-align: middle; }
.labs tbody th { white-space: nowrap; }
.labs .wide { width: 45%; }
.lab { border-top: 1px solid var(--rule); padding-top: 2rem; }
.lab > .head { align-items: baseline; }
.lab > .head h2 { margin: 0; flex: 0 1 auto; }
.lab > .head .points { margin-left: auto; font-size: 1.25rem; }
.lab.missing { margin-top: 1.5rem; padding-top: 1.25rem; }
.lab.missing h2 { font-size: 1.125rem; }
.lab > .handed { margin-top: .5rem; }
.lab > .sum, .lab > .up { margin-top: 1.25rem; }
.passed th { min-width: 11rem; }
.up { font-size: .875rem; }

/* The page of a class */
.jump { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; padding: 0; margin-top: 1.25rem; list-style: none; }
.grid { width: max-content; min-width: 100%; border-collapse: separate; border-spacing: 0; }
.grid th, .grid td { padding: .5rem .75rem; border-top: 1px solid var(--rule); background: var(--card); }
.grid thead th { border-top: 0; }
.grid th:first-child {
  position: sticky; left: 0; z-index: 1; border-right: 1px solid var(--rule);
  max-width: 14rem; min-width: 8.5rem;
}
.grid td { min-width: 4.75rem; width: 8.5%; text-align: right; }
.grid td .bar { width: 0; min-width: 100%; height: .1875rem; margin-top: .25rem; }
.grid td a { display: block; }
.grid .flags {
  display: block; max-width: 4.75rem; margin-left: auto; padding-top: .125rem;
  color: var(--dim); font-size: .75rem; line-height: 1.35; white-space: normal;
}
.grid .id { display: block; color: var(--dim); font-size: .8125rem; line-height: 1.4; }
.grid .sum { font-weight: 650; }
.grid tbody tr:hover > * { background: var(--sunk); }
.grid tfoot th, .grid tfoot td { color: var(--dim); }
.grid tfoot tr:first-child > * { border-top: 1px solid var(--edge); }
.pair-of { display: grid; gap: 1.5rem 3rem; margin-top: 1rem; }
.pair-of > * { min-width: 0; }
.chart { display: block; width: 100%; max-width: 26rem; height: auto; }
.chart text { fill: var(--dim); font: 10px var(--sans); text-anchor: middle; }
.chart .value { fill: var(--ink); }
.chart line { stroke: var(--edge); stroke-width: 1; }
.oflab { border-top: 1px solid var(--rule); padding-top: 1.5rem; margin-top: 2rem; }
.oflab > p { margin-top: .25rem; }
.oflab > table { margin-top: .75rem; }
.tests td, .tests th { padding-inline: 0 1rem; }
.tests td:last-child { width: 9.5rem; padding-right: 0; }
.tests thead th:last-child { padding-right: 0; }
.tests .bar { margin-top: .3125rem; }
.beliefs { padding: 0; margin-top: 1rem; list-style: none; }
.beliefs > li { max-width: none; padding: 1.25rem 0; border-top: 1px solid var(--rule); }
.beliefs .diagnosis { margin-top: 0; }
.who { display: flex; flex-wrap: wrap; gap: .125rem 1.25rem; padding: 0; margin-top: .375rem; list-style: none; }

/* Pages of similar pairs */
.side h3 span { font-weight: 400; }
.gap:first-child { margin-top: -.5rem; border-top: 0; }
.gap:last-child { margin-bottom: -.5rem; border-bottom: 0; }
.pair { border-top: 1px solid var(--rule); padding: 1rem 0; margin: 0; }
.pair summary { width: auto; padding: .5rem 0; color: inherit; }
.pair summary h2 { display: inline; margin: 0; font-size: 1.25rem; }
.sides { display: grid; gap: 1.5rem; scroll-margin-top: 5rem; }
.sides > * { min-width: 0; }
.side h3 { margin-bottom: .5rem; }
.k { display: inline-block; min-width: 1.5em; padding: 0 .3em; border-radius: 3px; text-align: center; font-weight: 700; }
.side .n { width: 5.5rem; border-left: 4px solid transparent; display: flex; justify-content: space-between; padding-left: .375rem; }
.side .n > :last-child { margin-left: auto; }
.side .gap { padding-left: 6.25rem; }
.s0, .s0 .n { background: var(--p0); } .s0 .n { border-left-color: var(--q0); } .s0 .k { color: var(--q0); }
.s1, .s1 .n { background: var(--p1); } .s1 .n { border-left-color: var(--q1); } .s1 .k { color: var(--q1); }
.s2, .s2 .n { background: var(--p2); } .s2 .n { border-left-color: var(--q2); } .s2 .k { color: var(--q2); }
.s3, .s3 .n { background: var(--p3); } .s3 .n { border-left-color: var(--q3); } .s3 .k { color: var(--q3); }
.s4, .s4 .n { background: var(--p4); } .s4 .n { border-left-color: var(--q4); } .s4 .k { color: var(--q4); }
.s5, .s5 .n { background: var(--p5); } .s5 .n { border-left-color: var(--q5); } .s5 .k { color: var(--q5); }
.side .same .n { color: var(--ink); }

@media (min-width: 60rem) {
  .pair-of { grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); }
  .sides { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
  .tall { max-height: 94vh; }
  .tall thead th { position: sticky; top: 0; z-index: 2; border-bottom: 1px solid var(--edge); }
  .tall thead th:first-child { z-index: 3; }
}
@media (max-width: 40rem) {
  .facts { grid-template-columns: minmax(0, 1fr); gap: .125rem; }
  .facts dt { margin-top: .5rem; }
  th, td { padding-inline: .625rem; }
  .n { width: 2.75rem; padding-right: .5rem; }
  .note { left: 3.5rem; margin-left: 3.5rem; max-width: min(72ch, 100vw - 6.5rem); }
  .gap { padding-left: 3.5rem; }
  .side .n { width: 4.25rem; }
  .side .gap { padding-left: 5rem; }
  .labs .wide { display: none; }
  .tag { white-space: normal; }
  .grid th:first-child { max-width: 9rem; min-width: 7rem; }
  .passed th { min-width: 0; }
}
@media print {
  body { max-width: none; padding: 0; font-size: 10pt; line-height: 1.45; }
  header { padding: 0 0 .75rem; }
  .skip, .jump, .up { display: none; }
  a { color: inherit; text-decoration: none; }
  section { margin-top: 1.5rem; }
  h1, h2, h3, .head, caption { break-after: avoid; }
  tr, .facts > *, .beliefs > li, .chart { break-inside: avoid; }
  thead { display: table-header-group; }
  tfoot { display: table-row-group; }
  .grid .flags, .grid .id { font-size: 6.5pt; }
  details:not([open]):not(.short) > summary { display: none; }
  .scroll { overflow: visible; max-height: none; }
  .grid { width: 100%; font-size: 8pt; }
  .grid th, .grid td { padding: .25rem; min-width: 0; position: static; }
  .l code { white-space: pre-wrap; overflow-wrap: anywhere; }
  .lines { width: 100%; }
  .n, .note { position: static; }
  .short::details-content { content-visibility: visible; block-size: auto; }
  .sides { grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); }
}
@media (prefers-contrast: more) {
  :root { --dim: var(--ink); --rule: var(--edge); }
}
@media (forced-colors: active) {
  .track { fill: Canvas; stroke: CanvasText; } .fill { fill: CanvasText; }
}
</style>
</xsl:template>

</xsl:stylesheet>
