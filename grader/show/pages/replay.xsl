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
      <xsl:otherwise><xsl:value-of select="recording[1]/line"/></xsl:otherwise>
    </xsl:choose>
  </xsl:variable>
  <xsl:variable name="hashes">
    <xsl:for-each select="script"> '<xsl:value-of select="@hash"/>'</xsl:for-each>
  </xsl:variable>
  <html lang="en">
    <head>
      <meta http-equiv="Content-Security-Policy"
            content="default-src 'none'; style-src 'unsafe-inline'; script-src{$hashes}; base-uri 'none'; form-action 'none'"/>
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
          <pattern id="hatch" width="9" height="9" viewBox="0 0 8 8"
                   preserveAspectRatio="none" patternUnits="userSpaceOnUse">
            <rect class="hatch-ground" width="8" height="8"/>
            <path class="hatch-line" d="M-2,2 l4,-4 M-2,10 l12,-12 M6,10 l4,-4"/>
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
      <xsl:for-each select="script">
        <script><xsl:value-of select="."/></script>
      </xsl:for-each>
    </body>
  </html>
</xsl:template>

<!-- ==== The parts of the page =========================================== -->

<xsl:template name="head">
  <xsl:param name="title"/>
  <header>
    <h1><bdi><xsl:value-of select="$title"/></bdi></h1>
    <div class="tools">
      <button type="button" id="open-questions" aria-expanded="false" aria-controls="questions">Ask the class <kbd>a</kbd></button>
      <button type="button" id="open-output" aria-expanded="false" aria-controls="output">Output <kbd>o</kbd></button>
      <button type="button" id="open-graph">Who waits for whom <kbd>f</kbd></button>
      <button type="button" id="open-keys">Keys <kbd>?</kbd></button>
    </div>
    <div class="which">
      <div id="runs" role="group" aria-label="Which run is shown"></div>
      <p id="about"></p>
    </div>
    <ol id="questions" hidden="hidden"></ol>
    <pre id="output" hidden="hidden" tabindex="0" role="region" aria-label="Output of the whole run"></pre>
  </header>
  <section id="now" aria-label="The step that is shown">
    <div id="sentence" aria-live="polite" aria-atomic="true"></div>
    <p id="raw"></p>
  </section>
</xsl:template>

<xsl:template name="panes">
  <main id="panes">
    <section id="timeline" aria-labelledby="timeline-title">
      <h2 id="timeline-title" class="hide">All steps</h2>
      <div id="lanes" aria-hidden="true"></div>
      <div id="rows" role="listbox" tabindex="0" aria-labelledby="timeline-title"></div>
      <p id="printed"></p>
    </section>
    <section id="picture" aria-labelledby="picture-title">
      <h2 id="picture-title" class="hide">At this step</h2>
      <div id="cards">
        <h3 id="processes-title">Processes, descriptors</h3>
        <h3 id="objects-title">What they share</h3>
        <div id="processes" tabindex="0" role="region" aria-labelledby="processes-title"></div>
        <div id="objects" tabindex="0" role="region" aria-labelledby="objects-title"></div>
        <svg id="wires" aria-hidden="true" focusable="false"></svg>
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
      <button type="button" id="first" aria-label="First step">
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="M2,2 h2.5 v12 h-2.5 z M14,2 v12 l-8.5,-6 z"/></svg>
      </button>
      <button type="button" id="back" aria-label="One step back">
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="M12,2 v12 l-9,-6 z"/></svg>
      </button>
      <button type="button" id="play" aria-label="Play">
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path class="if-paused" d="M3,1 v14 l11,-7 z"/><path class="if-playing" d="M3,2 h3.5 v12 h-3.5 z M9.5,2 h3.5 v12 h-3.5 z"/></svg>
      </button>
      <button type="button" id="forward" aria-label="One step forward">
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="M4,2 v12 l9,-6 z"/></svg>
      </button>
      <button type="button" id="last" aria-label="Last step">
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="M11.5,2 h2.5 v12 h-2.5 z M2,2 v12 l8.5,-6 z"/></svg>
      </button>
    </div>
    <output id="counter"></output>
    <input type="range" id="slider" min="1" aria-label="Step"/>
    <div class="buttons" role="group" aria-label="Speed">
      <button type="button" id="slower" aria-label="Slower">−</button>
      <output id="speed"></output>
      <button type="button" id="faster" aria-label="Faster">+</button>
    </div>
    <div class="buttons" role="group" aria-label="Jump">
      <button type="button" id="previous" aria-label="Previous event of what is selected">
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="M10,2 v12 l-7,-6 z"/></svg>
        <kbd>p</kbd>
      </button>
      <button type="button" id="selection"></button>
      <button type="button" id="next" aria-label="Next event of what is selected">
        <kbd>n</kbd>
        <svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d="M6,2 v12 l7,-6 z"/></svg>
      </button>
    </div>
  </footer>
</xsl:template>

<xsl:template name="keys">
  <dialog id="keys" aria-labelledby="keys-title">
    <h2 id="keys-title">Keys</h2>
    <dl class="keys">
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
      <div id="keys-questions"><dt><kbd>a</kbd></dt><dd>what to ask the class</dd></div>
      <div id="keys-output"><dt><kbd>o</kbd></dt><dd>what the program wrote</dd></div>
      <div><dt><kbd>h</kbd></dt><dd>hide what is to come, and show it</dd></div>
      <div><dt><kbd>?</kbd></dt><dd>these keys</dd></div>
    </dl>
    <h3>Signs</h3>
    <dl>
      <xsl:call-template name="sign">
        <xsl:with-param name="shape"><circle class="mark c-" cx="16" cy="12" r="7"/></xsl:with-param>
        <xsl:with-param name="words">a call, in the colour of what it touched</xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="sign">
        <xsl:with-param name="shape"><line class="leader c0" x1="2" x2="40" y1="12" y2="12"/><path class="arrow c0" d="M42,12 l-9,-5 v10 z"/></xsl:with-param>
        <xsl:with-param name="words">data goes out of the process; the other way: into it</xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="sign">
        <xsl:with-param name="shape"><rect class="blocked" x="11" y="6" width="10" height="24"/><circle class="mark wait" cx="16" cy="4" r="6"/></xsl:with-param>
        <xsl:with-param name="words">the call waits; the process stands still as long as it is hatched</xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="sign">
        <xsl:with-param name="shape"><path class="mark exec" d="M16,5 l7,7 l-7,7 l-7,-7 z"/></xsl:with-param>
        <xsl:with-param name="words">it becomes another program</xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="sign">
        <xsl:with-param name="shape"><path class="mark signal" d="M16,5 l7,13 h-14 z"/></xsl:with-param>
        <xsl:with-param name="words">a signal comes</xsl:with-param>
      </xsl:call-template>
      <xsl:call-template name="sign">
        <xsl:with-param name="shape"><path class="mark exit" d="M10,6 h12 v12 h-12 z"/></xsl:with-param>
        <xsl:with-param name="words">its end; red: not of its own will</xsl:with-param>
      </xsl:call-template>
    </dl>
    <form method="dialog"><button>Close <kbd>Esc</kbd></button></form>
  </dialog>
</xsl:template>

<xsl:template name="sign">
  <xsl:param name="shape"/>
  <xsl:param name="words"/>
  <div>
    <dt>
      <svg class="sign" width="44" height="24" aria-hidden="true" focusable="false">
        <xsl:copy-of select="$shape"/>
      </svg>
    </dt>
    <dd><xsl:value-of select="$words"/></dd>
  </div>
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
    <code><bdi><xsl:value-of select="line"/></bdi></code>
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
