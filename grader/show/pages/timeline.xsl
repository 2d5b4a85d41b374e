<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  timeline.xsl - a run as one picture, 760 wide, for slides and handouts; the
  rows are draw_svg.c's.  How wide a letter is nobody knows here: texts are cut
  so that they fit with the widest of the fonts that are named.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns="http://www.w3.org/2000/svg">

<xsl:output method="xml" encoding="UTF-8" indent="no"/>

<!-- ==== Where things are ================================================ -->

<xsl:variable name="width" select="760"/>
<xsl:variable name="row" select="25"/>
<xsl:variable name="left">
  <xsl:choose>
    <xsl:when test="/timeline/step[last()]/@n &gt; 999">48</xsl:when>
    <xsl:otherwise>34</xsl:otherwise>
  </xsl:choose>
</xsl:variable>
<xsl:variable name="letter" select="7.4"/>

<xsl:variable name="last-lane">
  <xsl:for-each select="/timeline/life">
    <xsl:sort select="@lane" data-type="number" order="descending"/>
    <xsl:if test="position() = 1"><xsl:value-of select="@lane"/></xsl:if>
  </xsl:for-each>
</xsl:variable>
<xsl:variable name="lanes" select="$last-lane + 1"/>
<!-- Where all have one name, their numbers say more. -->
<xsl:variable name="named" select="$lanes &lt; 5 or
  /timeline/life[@name != /timeline/life[1]/@name]"/>
<xsl:variable name="lane">
  <xsl:choose>
    <xsl:when test="$lanes &gt; 4"><xsl:value-of select="240 div $lanes"/></xsl:when>
    <xsl:otherwise>60</xsl:otherwise>
  </xsl:choose>
</xsl:variable>
<xsl:variable name="slanted" select="$lanes &gt; 4 and $named"/>
<xsl:variable name="heads">
  <xsl:choose>
    <xsl:when test="$lane &lt; 20">84</xsl:when>
    <xsl:when test="$slanted">134</xsl:when>
    <xsl:when test="not($named)">74</xsl:when>
    <xsl:otherwise>90</xsl:otherwise>
  </xsl:choose>
</xsl:variable>
<xsl:variable name="pid-x" select="$left + $lanes * $lane + 8"/>
<xsl:variable name="longest-pid">
  <xsl:for-each select="/timeline/life">
    <xsl:sort select="@pid" data-type="number" order="descending"/>
    <xsl:if test="position() = 1">
      <xsl:value-of select="string-length(@pid)"/>
    </xsl:if>
  </xsl:for-each>
</xsl:variable>
<xsl:variable name="text-x" select="$pid-x + 10 + 8 * $longest-pid"/>
<xsl:variable name="letters"
              select="floor(($width - $text-x - 6) div $letter)"/>
<xsl:variable name="bottom" select="$heads + /timeline/@rows * $row"/>
<xsl:variable name="graph-y" select="$bottom + 80"/>
<xsl:variable name="graph-height">
  <xsl:choose>
    <xsl:when test="/timeline/svg">
      <xsl:value-of select="substring-before(/timeline/svg/@height, 'pt')"/>
    </xsl:when>
    <xsl:otherwise>0</xsl:otherwise>
  </xsl:choose>
</xsl:variable>
<xsl:variable name="height">
  <xsl:choose>
    <xsl:when test="/timeline/svg">
      <xsl:value-of select="$graph-y + $graph-height + 20"/>
    </xsl:when>
    <xsl:otherwise><xsl:value-of select="$bottom + 66"/></xsl:otherwise>
  </xsl:choose>
</xsl:variable>

<!-- ==== The picture ===================================================== -->

<xsl:template match="/timeline">
  <svg viewBox="0 0 {$width} {$height}" width="{$width}" height="{$height}"
       role="img" aria-labelledby="title desc">
    <title id="title">
      <xsl:choose>
        <xsl:when test="title != ''"><xsl:value-of select="title"/></xsl:when>
        <xsl:otherwise><xsl:value-of select="line"/></xsl:otherwise>
      </xsl:choose>
    </title>
    <desc id="desc">
      <xsl:value-of select="line"/>
      <xsl:for-each select="step">
        <xsl:value-of select="concat(' ', @n, '. ', @name, ' ', @pid, ': ', text, '.')"/>
      </xsl:for-each>
      <xsl:value-of select="concat(' ', end)"/>
    </desc>
    <xsl:call-template name="style"/>
    <rect class="paper" width="{$width}" height="{$height}"/>
    <xsl:call-template name="title"/>
    <xsl:call-template name="heads"/>
    <xsl:apply-templates select="step" mode="branch"/>
    <xsl:apply-templates select="life"/>
    <xsl:apply-templates select="blocked"/>
    <xsl:apply-templates select="step"/>
    <xsl:if test="@gap">
      <text class="dim" x="{$text-x}" y="{$heads + (@gap + .5) * $row + 5}">
        <xsl:text>&#x22EE; </xsl:text>
        <xsl:value-of select="@left-out"/>
        <xsl:text> steps are left out</xsl:text>
      </text>
    </xsl:if>
    <xsl:call-template name="legend"/>
    <xsl:apply-templates select="svg"/>
  </svg>
</xsl:template>

<xsl:template name="title">
  <text class="title" x="10" y="24">
    <xsl:call-template name="cut">
      <xsl:with-param name="of">
        <xsl:choose>
          <xsl:when test="title != ''"><xsl:value-of select="title"/></xsl:when>
          <xsl:otherwise><xsl:value-of select="line"/></xsl:otherwise>
        </xsl:choose>
      </xsl:with-param>
      <xsl:with-param name="to" select="74"/>
    </xsl:call-template>
  </text>
  <text class="dim" x="10" y="43">
    <tspan class="code">
      <xsl:call-template name="cut">
        <xsl:with-param name="of" select="line"/>
        <xsl:with-param name="to" select="54"/>
      </xsl:call-template>
    </tspan>
    <xsl:if test="subject != ''">
      <tspan dx="12">
        <xsl:call-template name="cut">
          <xsl:with-param name="of" select="subject"/>
          <xsl:with-param name="to" select="40"/>
        </xsl:call-template>
      </tspan>
    </xsl:if>
  </text>
</xsl:template>

<!-- The name of the first in each lane. -->
<xsl:template name="heads">
  <xsl:for-each select="life[not(@lane = preceding-sibling::life/@lane)]">
    <xsl:variable name="x" select="$left + (@lane + .5) * $lane"/>
    <xsl:choose>
      <xsl:when test="$lane &lt; 20">
        <text class="small" transform="translate({$x + 4} {$heads - 6}) rotate(-70)">
          <xsl:value-of select="@pid"/>
        </text>
      </xsl:when>
      <xsl:when test="$slanted">
        <text class="small" transform="translate({$x} {$heads - 6}) rotate(-50)">
          <tspan class="bold">
            <xsl:call-template name="cut">
              <xsl:with-param name="of" select="@name"/>
              <xsl:with-param name="to" select="9"/>
            </xsl:call-template>
          </tspan>
          <xsl:value-of select="concat(' ', @pid)"/>
        </text>
      </xsl:when>
      <xsl:when test="not($named)">
        <text class="bold middle" x="{$x}" y="{$heads - 5}">
          <xsl:value-of select="@pid"/>
        </text>
      </xsl:when>
      <xsl:otherwise>
        <text class="bold middle" x="{$x}" y="{$heads - 20}">
          <xsl:call-template name="cut">
            <xsl:with-param name="of" select="@name"/>
            <xsl:with-param name="to" select="7"/>
          </xsl:call-template>
        </text>
        <text class="dim middle" x="{$x}" y="{$heads - 5}">
          <xsl:value-of select="@pid"/>
        </text>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:for-each>
</xsl:template>

<xsl:template match="life">
  <xsl:variable name="x" select="$left + (@lane + .5) * $lane"/>
  <!-- Where it was forked, the branch has begun it. -->
  <line class="life" x1="{$x}" x2="{$x}" y2="{$heads + (@to + .5) * $row}">
    <xsl:attribute name="y1">
      <xsl:value-of select="$heads + (@from + .5) * $row"/>
    </xsl:attribute>
    <xsl:if test="@from &gt; 0">
      <xsl:attribute name="y1">
        <xsl:value-of select="$heads + (@from + .9) * $row"/>
      </xsl:attribute>
    </xsl:if>
    <xsl:if test="@to = /timeline/@rows">
      <xsl:attribute name="y2"><xsl:value-of select="$bottom"/></xsl:attribute>
    </xsl:if>
  </line>
</xsl:template>

<xsl:template match="blocked">
  <xsl:variable name="end">
    <xsl:choose>
      <xsl:when test="@to = /timeline/@rows">
        <xsl:value-of select="$bottom"/>
      </xsl:when>
      <xsl:otherwise>
        <xsl:value-of select="$heads + (@to + .5) * $row"/>
      </xsl:otherwise>
    </xsl:choose>
  </xsl:variable>
  <xsl:variable name="y" select="$heads + (@from + .5) * $row"/>
  <rect class="blocked" x="{$left + (@lane + .5) * $lane - 5}" width="10"
        y="{$y}" height="{$end - $y}"/>
</xsl:template>

<!-- ==== A step ========================================================== -->

<xsl:template match="step" mode="branch">
  <xsl:variable name="color"><xsl:call-template name="color"/></xsl:variable>
  <xsl:variable name="y" select="$heads + (@row + .5) * $row"/>
  <xsl:variable name="x" select="$left + (@lane + .5) * $lane"/>
  <line x1="{$x}" x2="{$pid-x - 4}" y1="{$y}" y2="{$y}" class="leader {$color}"/>
  <xsl:if test="kind = 'fork' and @other">
    <xsl:variable name="to" select="$left + (@other + .5) * $lane"/>
    <xsl:variable name="turn" select="9 * (1 - 2 * ($to &lt; $x))"/>
    <path class="life" d="M{$x},{$y} H{$to - $turn} Q{$to},{$y} {$to},{$y + 9} V{$y + .5 * $row}"/>
  </xsl:if>
  <xsl:if test="call = 'kill' and @other">
    <line class="kill" x1="{$x}" x2="{$left + (@other + .5) * $lane}" y1="{$y}" y2="{$y}"/>
  </xsl:if>
</xsl:template>

<xsl:template match="step">
  <xsl:variable name="color"><xsl:call-template name="color"/></xsl:variable>
  <xsl:variable name="y" select="$heads + (@row + .5) * $row"/>
  <xsl:variable name="x" select="$left + (@lane + .5) * $lane"/>
  <text class="number" x="{$left - 8}" y="{$y + 4}"><xsl:value-of select="@n"/></text>
  <xsl:call-template name="mark">
    <xsl:with-param name="x" select="$x"/>
    <xsl:with-param name="y" select="$y"/>
  </xsl:call-template>
  <xsl:if test="touched and kind != 'wait'">
    <xsl:choose>
      <xsl:when test="flow = 'out'">
        <path class="arrow {$color}" d="M{$pid-x - 3},{$y} l-8,-4.5 v9 z"/>
      </xsl:when>
      <xsl:when test="flow = 'in'">
        <path class="arrow {$color}" d="M{$x + 6},{$y} l8,-4.5 v9 z"/>
      </xsl:when>
    </xsl:choose>
  </xsl:if>
  <text class="bold" x="{$pid-x}" y="{$y + 4.5}"><xsl:value-of select="@pid"/></text>
  <text x="{$text-x}" y="{$y + 4.5}"><xsl:call-template name="sentence"/></text>
</xsl:template>

<!-- Files and terminals have none: what the lab is about has. -->
<xsl:template name="color">
  <xsl:if test="touched/kind != 'file' and touched/kind != 'terminal'">
    <xsl:value-of select="concat('c', touched/color)"/>
  </xsl:if>
</xsl:template>

<xsl:template name="mark">
  <xsl:param name="x"/>
  <xsl:param name="y"/>
  <xsl:variable name="color"><xsl:call-template name="color"/></xsl:variable>
  <xsl:choose>
    <xsl:when test="kind = 'wait'">
      <circle class="mark wait" cx="{$x}" cy="{$y}" r="5"/>
    </xsl:when>
    <xsl:when test="kind = 'exec'">
      <path class="mark" d="M{$x},{$y - 6.5} l6.5,6.5 l-6.5,6.5 l-6.5,-6.5 z"/>
    </xsl:when>
    <xsl:when test="kind = 'exit'">
      <path class="mark" d="M{$x - 5.5},{$y - 5.5} h11 v11 h-11 z"/>
    </xsl:when>
    <xsl:when test="kind = 'signal'">
      <path class="mark" d="M{$x},{$y - 6} l6,11 h-12 z"/>
    </xsl:when>
    <xsl:when test="kind = 'stop'">
      <circle class="paper" cx="{$x}" cy="{$y}" r="8"/>
      <path class="stop" d="M{$x - 5},{$y - 5} l10,10 m0,-10 l-10,10"/>
    </xsl:when>
    <xsl:otherwise>
      <circle class="mark {$color}" cx="{$x}" cy="{$y}" r="5.5"/>
    </xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- What happened, the object in its colour, and what was moved. -->
<xsl:template name="sentence">
  <xsl:variable name="color"><xsl:call-template name="color"/></xsl:variable>
  <xsl:variable name="text">
    <xsl:call-template name="cut">
      <xsl:with-param name="of" select="text"/>
      <xsl:with-param name="to" select="$letters"/>
    </xsl:call-template>
  </xsl:variable>
  <xsl:variable name="room" select="$letters - string-length($text) - 3"/>
  <xsl:variable name="label" select="touched/label"/>
  <xsl:variable name="mood">
    <xsl:choose>
      <xsl:when test="error">bad</xsl:when>
      <xsl:when test="kind = 'wait'">waits</xsl:when>
    </xsl:choose>
  </xsl:variable>
  <tspan class="{$mood}">
    <xsl:choose>
      <xsl:when test="$label != '' and contains($text, $label)">
        <xsl:value-of select="substring-before($text, $label)"/>
        <tspan class="label {$color}"><xsl:value-of select="$label"/></tspan>
        <xsl:value-of select="substring-after($text, $label)"/>
      </xsl:when>
      <xsl:otherwise><xsl:value-of select="$text"/></xsl:otherwise>
    </xsl:choose>
    <xsl:if test="kind = 'wait'">
      <xsl:text> &#x2026; waits</xsl:text>
      <xsl:if test="not(until)"> for ever</xsl:if>
    </xsl:if>
  </tspan>
  <xsl:if test="data != '' and $room &gt; 6">
    <tspan class="data {$color}" dx="6">
      <xsl:text>"</xsl:text>
      <xsl:call-template name="cut">
        <xsl:with-param name="of" select="data"/>
        <xsl:with-param name="to" select="$room"/>
      </xsl:call-template>
      <xsl:text>"</xsl:text>
    </tspan>
  </xsl:if>
</xsl:template>

<!-- OF, at most TO characters of it; none that turns the direction around. -->
<xsl:template name="cut">
  <xsl:param name="of"/>
  <xsl:param name="to"/>
  <xsl:variable name="line" select="translate($of, '&#10;&#9;', '  ')"/>
  <xsl:choose>
    <xsl:when test="string-length($line) &gt; $to">
      <xsl:value-of select="substring($line, 1, $to - 1)"/>
      <xsl:text>&#x2026;</xsl:text>
    </xsl:when>
    <xsl:otherwise><xsl:value-of select="$line"/></xsl:otherwise>
  </xsl:choose>
</xsl:template>

<!-- ==== Below =========================================================== -->

<xsl:template name="legend">
  <xsl:variable name="y" select="$bottom + 48"/>
  <text class="bold" x="10" y="{$bottom + 24}">
    <xsl:if test="hung = 'true'">
      <xsl:attribute name="class">bold bad</xsl:attribute>
    </xsl:if>
    <xsl:call-template name="cut">
      <xsl:with-param name="of" select="end"/>
      <xsl:with-param name="to" select="90"/>
    </xsl:call-template>
  </text>
  <circle class="mark" cx="16" cy="{$y - 4}" r="5"/>
  <text class="dim" x="26" y="{$y}">a call</text>
  <rect class="blocked" x="84" y="{$y - 11}" width="10" height="14"/>
  <text class="dim" x="100" y="{$y}">it waits</text>
  <path class="mark" d="M170,{$y - 10} l6,6 l-6,6 l-6,-6 z"/>
  <text class="dim" x="182" y="{$y}">exec</text>
  <path class="mark" d="M230,{$y - 9} h10 v10 h-10 z"/>
  <text class="dim" x="247" y="{$y}">its end</text>
  <path class="mark" d="M310,{$y - 10} l6,11 h-12 z"/>
  <text class="dim" x="322" y="{$y}">a signal</text>
</xsl:template>

<xsl:template match="timeline/svg">
  <text class="bold" x="10" y="{$graph-y - 8}">Who waits for whom</text>
  <svg class="graph" x="10" y="{$graph-y}" width="{$width - 20}"
       height="{$graph-height}" viewBox="{@viewBox}"
       preserveAspectRatio="xMidYMin meet">
    <xsl:apply-templates select="*" mode="copy"/>
  </svg>
</xsl:template>

<!-- The graph was made without a namespace. -->
<xsl:template match="*" mode="copy">
  <xsl:element name="{local-name()}" namespace="http://www.w3.org/2000/svg">
    <xsl:copy-of select="@*"/>
    <xsl:apply-templates select="node()" mode="copy"/>
  </xsl:element>
</xsl:template>

<!-- ==== The style ======================================================= -->

<xsl:template name="style">
<defs>
  <pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse">
    <rect class="hatch-ground" width="8" height="8"/>
    <path class="hatch-line" d="M-2,2 l4,-4 M-2,10 l12,-12 M6,10 l4,-4"/>
  </pattern>
</defs>
<style>
svg {
  --paper: #ffffff; --ink: #1b1f23; --dim: #565d66; --rule: #d4d6d0;
  --bad: #a1242a; --wait: #8a4b00; --ground: #fbeed6; --sunk: #f2f3ef;
  --q0: #1f63a8; --q1: #95530f; --q2: #2a7230; --q3: #8f3c84; --q4: #6c5f00;
  --q5: #0f6b68; --q6: #5646b8; --q7: #a3344f; --q: var(--ink);
}
@media (prefers-color-scheme: dark) {
  svg {
    --paper: #14171a; --ink: #e8eaec; --dim: #a6aeb7; --rule: #3a4046;
    --bad: #f79d97; --wait: #f0b95c; --ground: #352811; --sunk: #22272c;
    --q0: #86b9f0; --q1: #e8ab6b; --q2: #86ca89; --q3: #e09bd6; --q4: #d3c566;
    --q5: #6ccac3; --q6: #b3a6f5; --q7: #f59db1;
  }
}
.c0 { --q: var(--q0); } .c1 { --q: var(--q1); } .c2 { --q: var(--q2); }
.c3 { --q: var(--q3); } .c4 { --q: var(--q4); } .c5 { --q: var(--q5); }
.c6 { --q: var(--q6); } .c7 { --q: var(--q7); }
text {
  font: 13px Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif;
  fill: var(--ink); white-space: pre;
}
.title { font-size: 17px; font-weight: bold; }
.dim, .number { fill: var(--dim); }
.number { text-anchor: end; font-size: 11px; }
.small { font-size: 12px; }
.bold, .label { font-weight: bold; }
.middle { text-anchor: middle; }
.label { fill: var(--q); text-decoration: underline; }
.data, .code {
  font-family: Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
  font-size: 12px;
}
.data { fill: var(--q); }
.waits { fill: var(--wait); }
.bad { fill: var(--bad); font-weight: bold; }
.paper { fill: var(--paper); }
.life { stroke: var(--ink); stroke-width: 2; fill: none; }
.leader { stroke: var(--rule); }
.mark { fill: var(--q); stroke: var(--paper); stroke-width: 1.5; }
.mark.wait { fill: var(--paper); stroke: var(--wait); stroke-width: 2.5; }
.arrow { fill: var(--q); }
.blocked { fill: url(#hatch); stroke: var(--wait); }
.hatch-ground { fill: var(--ground); } .hatch-line { stroke: var(--wait); stroke-width: 2.6; }
.stop, .kill { stroke: var(--bad); stroke-width: 2.5; fill: none; }
.kill { stroke-dasharray: 5 4; }
.graph polygon, .graph path, .graph ellipse { stroke: var(--ink); fill: none; }
.graph text { font-size: 13px; }
.graph .process text, .graph .object text { font-weight: bold; }
.graph .edge polygon { fill: var(--ink); }
.graph .process polygon { fill: var(--sunk); stroke-width: 1.5; }
.graph .object ellipse { stroke: var(--q); stroke-width: 1.5; }
.graph .object text { fill: var(--q); }
.graph .close path, .graph .close polygon { stroke: var(--bad); stroke-width: 2; }
.graph .close polygon { fill: var(--bad); }
.graph .close text { fill: var(--bad); font-weight: bold; }
</style>
</xsl:template>

</xsl:stylesheet>
