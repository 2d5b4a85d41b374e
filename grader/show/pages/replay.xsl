<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  replay.xsl - the replay of one run, or of two to compare.

  What a run is made of is in the element `json`, for replay.js, and as text for
  browsers without JavaScript.  Nothing is escaped in `script` and `style`: only
  draw_html.c's own parts may be put there.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:output method="html" doctype-system="about:legacy-compat"
            encoding="UTF-8" indent="no"/>

<xsl:template match="/replay">
  <xsl:variable name="title">
    <xsl:choose>
      <xsl:when test="recording[1]/title != ''">
        <xsl:value-of select="recording[1]/title"/>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="recording[1]/command"/></xsl:otherwise>
    </xsl:choose>
  </xsl:variable>
  <html lang="en">
    <head>
      <meta http-equiv="Content-Security-Policy"
            content="default-src 'none'; style-src 'unsafe-inline'; script-src '{script/@hash}'; base-uri 'none'; form-action 'none'"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="color-scheme" content="light dark"/>
      <meta name="referrer" content="no-referrer"/>
      <title><xsl:value-of select="$title"/> - ipclab</title>
      <style><xsl:value-of select="style"/></style>
    </head>
    <body>
      <noscript>
        <main class="plain">
          <h1><xsl:value-of select="$title"/></h1>
          <p>This page plays a run step by step, and needs JavaScript for it.
          Without, here are the steps as a list; <code>ipclab show --svg
          FILE</code> draws them as a picture.</p>
          <xsl:apply-templates select="recording" mode="plain"/>
        </main>
      </noscript>
      <svg class="hide" aria-hidden="true" focusable="false">
        <defs>
          <pattern id="hatch" width="7" height="7" patternUnits="userSpaceOnUse"
                   patternTransform="rotate(45)">
            <rect class="hatch-ground" width="7" height="7"/>
            <rect class="hatch-line" width="3" height="7"/>
          </pattern>
        </defs>
      </svg>
      <div id="app" hidden="hidden">
        <xsl:call-template name="head">
          <xsl:with-param name="title" select="$title"/>
        </xsl:call-template>
        <xsl:call-template name="panes"/>
        <xsl:call-template name="controls"/>
        <xsl:call-template name="keys"/>
        <xsl:call-template name="graph"/>
      </div>
      <script type="application/json" id="recordings"><xsl:value-of select="json"/></script>
      <script><xsl:value-of select="script"/></script>
    </body>
  </html>
</xsl:template>

<!-- ==== The parts of the page =========================================== -->

<xsl:template name="head">
  <xsl:param name="title"/>
  <header>
    <div class="what">
      <h1><bdi><xsl:value-of select="$title"/></bdi></h1>
      <p id="about"></p>
    </div>
    <div id="runs" role="group" aria-label="Which run is shown"></div>
    <div class="tools">
      <details id="ask">
        <summary>Ask the class <kbd>a</kbd></summary>
        <ol id="questions"></ol>
      </details>
      <button type="button" id="open-graph">Who waits for whom <kbd>f</kbd></button>
      <button type="button" id="open-keys">Keys <kbd>?</kbd></button>
    </div>
  </header>
  <section id="now" aria-label="The step that is shown">
    <div id="sentence" aria-live="polite" aria-atomic="true"></div>
    <p id="raw"></p>
  </section>
</xsl:template>

<xsl:template name="panes">
  <main>
    <section id="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title" class="hide">All steps</h2>
      <div id="lanes" aria-hidden="true"></div>
      <div id="rows" role="listbox" tabindex="0" aria-labelledby="timeline-title"></div>
    </section>
    <section id="picture" aria-labelledby="picture-title">
      <h2 id="picture-title">At this step</h2>
      <div id="cards" tabindex="0" role="region" aria-labelledby="picture-title">
        <svg id="wires" aria-hidden="true" focusable="false"></svg>
        <div class="column">
          <h3>Processes and their descriptors</h3>
          <div id="processes"></div>
        </div>
        <div class="column">
          <h3>What they share</h3>
          <div id="objects"></div>
        </div>
      </div>
    </section>
    <section id="source" aria-labelledby="source-title">
      <h2 id="source-title"></h2>
      <div id="code" tabindex="0" role="region" aria-labelledby="source-title"></div>
    </section>
  </main>
</xsl:template>

<xsl:template name="controls">
  <footer>
    <div class="buttons" role="group" aria-label="Steps">
      <button type="button" id="first" aria-label="First step">⏮</button>
      <button type="button" id="back" aria-label="One step back">◀</button>
      <button type="button" id="play" aria-label="Play">▶▶</button>
      <button type="button" id="forward" aria-label="One step forward">▶</button>
      <button type="button" id="last" aria-label="Last step">⏭</button>
    </div>
    <output id="counter"></output>
    <input type="range" id="slider" min="1" aria-label="Step"/>
    <div class="buttons" role="group" aria-label="Speed">
      <button type="button" id="slower" aria-label="Slower">−</button>
      <output id="speed"></output>
      <button type="button" id="faster" aria-label="Faster">+</button>
    </div>
    <div class="buttons" role="group" aria-label="Jump">
      <button type="button" id="previous" aria-label="Previous event of what is selected">p</button>
      <button type="button" id="selection" aria-label="Select the next process or object"></button>
      <button type="button" id="next" aria-label="Next event of what is selected">n</button>
    </div>
  </footer>
</xsl:template>

<xsl:template name="keys">
  <dialog id="keys" aria-labelledby="keys-title">
    <h2 id="keys-title">Keys</h2>
    <dl>
      <div><dt><kbd>→</kbd> <kbd>j</kbd></dt><dd>one step forward</dd></div>
      <div><dt><kbd>←</kbd> <kbd>k</kbd></dt><dd>one step back</dd></div>
      <div><dt><kbd>Page Down</kbd> <kbd>Page Up</kbd></dt><dd>ten steps</dd></div>
      <div><dt><kbd>Home</kbd> <kbd>End</kbd></dt><dd>first, last step</dd></div>
      <div><dt><kbd>Space</kbd></dt><dd>play, pause</dd></div>
      <div><dt><kbd>+</kbd> <kbd>−</kbd></dt><dd>faster, slower</dd></div>
      <div><dt><kbd>s</kbd> <kbd>S</kbd></dt><dd>select the next, the previous process or object (or click it)</dd></div>
      <div><dt><kbd>n</kbd> <kbd>p</kbd></dt><dd>next, previous event of what is selected</dd></div>
      <div><dt><kbd>Esc</kbd></dt><dd>select nothing: <kbd>n</kbd> and <kbd>p</kbd> follow the process that acts</dd></div>
      <div id="keys-runs"><dt><kbd>1</kbd> <kbd>2</kbd></dt><dd>which run</dd></div>
      <div id="keys-graph"><dt><kbd>f</kbd></dt><dd>who waits for whom, at the end</dd></div>
      <div id="keys-ask"><dt><kbd>a</kbd></dt><dd>what to ask the class</dd></div>
      <div><dt><kbd>h</kbd></dt><dd>hide what is to come, and show it</dd></div>
      <div><dt><kbd>?</kbd></dt><dd>these keys</dd></div>
    </dl>
    <form method="dialog"><button>Close <kbd>Esc</kbd></button></form>
  </dialog>
</xsl:template>

<xsl:template name="graph">
  <dialog id="graph" aria-labelledby="graph-title">
    <h2 id="graph-title">Who waits for whom</h2>
    <xsl:for-each select="recording">
      <div class="graph" id="graph-{@n}" role="img"
           aria-label="A graph; the sentences below it say the same.">
        <xsl:copy-of select="svg"/>
      </div>
    </xsl:for-each>
    <ul id="waits"></ul>
    <form method="dialog"><button>Close <kbd>Esc</kbd></button></form>
  </dialog>
</xsl:template>

<!-- ==== Without JavaScript ============================================== -->

<xsl:template match="recording" mode="plain">
  <h2>
    <code><bdi><xsl:value-of select="command"/></bdi></code>
    <xsl:if test="subject != ''">, <bdi><xsl:value-of select="subject"/></bdi></xsl:if>
  </h2>
  <xsl:if test="ask/item">
    <ul>
      <xsl:for-each select="ask/item">
        <li><bdi><xsl:value-of select="."/></bdi></li>
      </xsl:for-each>
    </ul>
  </xsl:if>
  <ol>
    <xsl:for-each select="step">
      <li>
        <bdi><xsl:value-of select="@name"/></bdi>
        <xsl:text> </xsl:text>
        <xsl:value-of select="@pid"/>
        <xsl:text>: </xsl:text>
        <bdi><xsl:value-of select="."/></bdi>
      </li>
    </xsl:for-each>
  </ol>
  <xsl:if test="@steps &gt; count(step)">
    <p>These are the first <xsl:value-of select="count(step)"/> of
    <xsl:value-of select="@steps"/> steps.</p>
  </xsl:if>
  <p><bdi><xsl:value-of select="end"/></bdi></p>
</xsl:template>

</xsl:stylesheet>
