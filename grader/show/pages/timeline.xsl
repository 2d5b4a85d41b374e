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
<xsl:variable name="row" select="22"/>
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
<!-- Names that need some more room. -->
<xsl:variable name="long-names"
              select="/timeline/life[string-length(@name) &gt; 7]"/>
<xsl:variable name="lane">
  <xsl:choose>
    <xsl:when test="$lanes &gt; 4"><xsl:value-of select="240 div $lanes"/></xsl:when>
    <xsl:when test="$long-names">68</xsl:when>
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
    <xsl:when test="substring-before(/timeline/svg/@width, 'pt') &gt; $width - 20">
      <xsl:value-of select="round(($width - 20) *
        substring-before(/timeline/svg/@height, 'pt') div
        substring-before(/timeline/svg/@width, 'pt'))"/>
    </xsl:when>
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
              <xsl:with-param name="to" select="10"/>
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
          <xsl:if test="string-length(@name) &gt; 7">
            <xsl:attribute name="class">bold middle tiny</xsl:attribute>
          </xsl:if>
          <xsl:call-template name="cut">
            <xsl:with-param name="of" select="@name"/>
            <xsl:with-param name="to" select="9"/>
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
  <text x="{$text-x}" y="{$y + 4.5}" xml:space="preserve">
    <xsl:call-template name="sentence"/>
  </text>
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
  <xsl:variable name="waits">
    <xsl:if test="kind = 'wait'">
      <xsl:text> &#x2026; waits</xsl:text>
      <xsl:if test="not(until)"> for ever</xsl:if>
    </xsl:if>
  </xsl:variable>
  <xsl:variable name="text">
    <xsl:call-template name="cut">
      <xsl:with-param name="of" select="text"/>
      <xsl:with-param name="to" select="$letters - string-length($waits)"/>
    </xsl:call-template>
  </xsl:variable>
  <xsl:variable name="room"
    select="$letters - string-length($text) - string-length($waits) - 3"/>
  <xsl:variable name="label" select="touched/label"/>
  <xsl:variable name="mood">
    <xsl:choose>
      <xsl:when test="error">bad</xsl:when>
      <xsl:when test="kind = 'wait'">waits</xsl:when>
    </xsl:choose>
  </xsl:variable>
  <!-- One after the other: not everything that draws SVG goes on after an
       element within an element. -->
  <xsl:choose>
    <xsl:when test="$label != '' and contains($text, $label)">
      <tspan class="{$mood}">
        <xsl:value-of select="substring-before($text, $label)"/>
      </tspan>
      <tspan class="label {$mood} {$color}"><xsl:value-of select="$label"/></tspan>
      <tspan class="{$mood}">
        <xsl:value-of select="substring-after($text, $label)"/>
      </tspan>
    </xsl:when>
    <xsl:otherwise>
      <tspan class="{$mood}"><xsl:value-of select="$text"/></tspan>
    </xsl:otherwise>
  </xsl:choose>
  <xsl:if test="$waits != ''">
    <tspan class="{$mood}"><xsl:value-of select="$waits"/></tspan>
  </xsl:if>
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
text {
  font-family: Helvetica, Arial, "Liberation Sans", "DejaVu Sans", sans-serif;
  font-size: 13px; white-space: pre;
}
.title { font-size: 17px; font-weight: bold; }
.number { text-anchor: end; }
.small { font-size: 12px; }
.number, .tiny { font-size: 11px; }
.bold, .label, .bad { font-weight: bold; }
.middle { text-anchor: middle; }
.label { text-decoration: underline; }
.data, .code {
  font-family: Menlo, Consolas, "Liberation Mono", "DejaVu Sans Mono", monospace;
  font-size: 12px;
}
.life { stroke-width: 2; fill: none; }
.mark { stroke-width: 1.5; }
.mark.wait { stroke-width: 2.5; }
.blocked { fill: url(#hatch); }
.hatch-line { stroke-width: 2.6; }
.stop, .kill { stroke-width: 2.5; fill: none; }
.kill { stroke-dasharray: 5 4; }
.graph polygon, .graph path, .graph ellipse { fill: none; }
.graph .process text, .graph .object text { font-weight: bold; }
.graph .process polygon, .graph .object ellipse { stroke-width: 1.5; }
.graph .close path, .graph .close polygon { stroke-width: 2; }
.graph .close text { font-weight: bold; }
<xsl:call-template name="colors">
  <xsl:with-param name="paper">#ffffff</xsl:with-param>
  <xsl:with-param name="ink">#1b1f23</xsl:with-param>
  <xsl:with-param name="dim">#565d66</xsl:with-param>
  <xsl:with-param name="rule">#d4d6d0</xsl:with-param>
  <xsl:with-param name="bad">#a1242a</xsl:with-param>
  <xsl:with-param name="wait">#8a4b00</xsl:with-param>
  <xsl:with-param name="ground">#fbeed6</xsl:with-param>
  <xsl:with-param name="sunk">#f2f3ef</xsl:with-param>
  <xsl:with-param name="objects"
    select="'#1f63a8 #95530f #2a7230 #8f3c84 #6c5f00 #0f6b68 #5646b8 #a3344f '"/>
</xsl:call-template>
@media (prefers-color-scheme: dark) {
<xsl:call-template name="colors">
  <xsl:with-param name="paper">#14171a</xsl:with-param>
  <xsl:with-param name="ink">#e8eaec</xsl:with-param>
  <xsl:with-param name="dim">#a6aeb7</xsl:with-param>
  <xsl:with-param name="rule">#3a4046</xsl:with-param>
  <xsl:with-param name="bad">#f79d97</xsl:with-param>
  <xsl:with-param name="wait">#f0b95c</xsl:with-param>
  <xsl:with-param name="ground">#352811</xsl:with-param>
  <xsl:with-param name="sunk">#22272c</xsl:with-param>
  <xsl:with-param name="objects"
    select="'#86b9f0 #e8ab6b #86ca89 #e09bd6 #d3c566 #6ccac3 #b3a6f5 #f59db1 '"/>
</xsl:call-template>}
</style>
</xsl:template>

<!-- Colours are written out: what makes the book of the handouts, and some
     programs for slides, know no var(). -->
<xsl:template name="colors">
  <xsl:param name="paper"/>
  <xsl:param name="ink"/>
  <xsl:param name="dim"/>
  <xsl:param name="rule"/>
  <xsl:param name="bad"/>
  <xsl:param name="wait"/>
  <xsl:param name="ground"/>
  <xsl:param name="sunk"/>
  <xsl:param name="objects"/>
  <xsl:value-of select="concat(
    'text, .mark, .arrow { fill: ', $ink, '; }&#10;',
    '.paper, .mark.wait { fill: ', $paper, '; }&#10;',
    '.mark { stroke: ', $paper, '; }&#10;',
    '.dim, .number { fill: ', $dim, '; }&#10;',
    '.leader { stroke: ', $rule, '; }&#10;',
    '.bad { fill: ', $bad, '; }&#10;',
    '.stop, .kill { stroke: ', $bad, '; }&#10;',
    '.waits { fill: ', $wait, '; }&#10;',
    '.blocked, .mark.wait, .hatch-line { stroke: ', $wait, '; }&#10;',
    '.hatch-ground { fill: ', $ground, '; }&#10;')"/>
  <xsl:value-of select="concat(
    '.life, .graph polygon, .graph path, .graph ellipse { stroke: ', $ink,
    '; }&#10;',
    '.graph .edge polygon { fill: ', $ink, '; }&#10;',
    '.graph .process polygon { fill: ', $sunk, '; }&#10;')"/>
  <xsl:call-template name="objects">
    <xsl:with-param name="colors" select="$objects"/>
  </xsl:call-template>
  <xsl:value-of select="concat(
    '.graph .close path, .graph .close polygon { stroke: ', $bad, '; }&#10;',
    '.graph .close text, .graph .close polygon { fill: ', $bad, '; }&#10;')"/>
</xsl:template>

<!-- A colour, a blank, and those of the objects after it. -->
<xsl:template name="objects">
  <xsl:param name="colors"/>
  <xsl:param name="n" select="0"/>
  <xsl:variable name="color" select="substring-before($colors, ' ')"/>
  <xsl:if test="$color != ''">
    <xsl:value-of select="concat(
      '.mark.c', $n, ', .arrow.c', $n, ', .label.c', $n, ', .data.c', $n,
      ', .object.c', $n, ' text { fill: ', $color, '; }&#10;',
      '.graph .object.c', $n, ' ellipse { stroke: ', $color, '; }&#10;')"/>
    <xsl:call-template name="objects">
      <xsl:with-param name="colors" select="substring-after($colors, ' ')"/>
      <xsl:with-param name="n" select="$n + 1"/>
    </xsl:call-template>
  </xsl:if>
</xsl:template>

</xsl:stylesheet>
