<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  similar.xsl - pairs of submissions to one lab that are more alike than usual,
  side by side.  It shows, and accuses nobody.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:import href="common.xsl"/>

<xsl:template match="/similar">
  <xsl:call-template name="page">
    <xsl:with-param name="kind" select="'similar'"/>
    <xsl:with-param name="title">
      <xsl:text>Lab </xsl:text>
      <xsl:value-of select="@lab"/>
      <xsl:text>: submissions that are alike</xsl:text>
    </xsl:with-param>
    <xsl:with-param name="header"><xsl:call-template name="top"/></xsl:with-param>
    <xsl:with-param name="main">
      <xsl:apply-templates select="pair"/>
      <xsl:if test="not(pair)">
        <p>No two submissions to this lab are more alike than usual.</p>
      </xsl:if>
    </xsl:with-param>
  </xsl:call-template>
</xsl:template>

<xsl:template name="top">
  <nav class="over" aria-label="Class">
    <a href="index.html">Overview of the class</a>
  </nav>
  <h1>
    <xsl:text>Lab </xsl:text>
    <xsl:value-of select="@lab"/>
    <xsl:text>: submissions that are alike</xsl:text>
  </h1>
  <p class="lead">
    <xsl:text>Likeness has many causes: a small task, a shared lecture example, </xsl:text>
    <xsl:text>working together as allowed. Read both before you talk to anybody.</xsl:text>
  </p>
  <p class="dim">
    <xsl:value-of select="@compared"/>
    <xsl:text> submissions were compared; any two of them are typically </xsl:text>
    <xsl:value-of select="@usual"/>
    <xsl:text>&#xA0;% alike (the median). Passages with the same number and </xsl:text>
    <xsl:text>colour are alike; the number leads to the other side.</xsl:text>
  </p>
</xsl:template>

<xsl:template match="pair">
  <details class="pair">
    <xsl:if test="position() = 1">
      <xsl:attribute name="open">open</xsl:attribute>
    </xsl:if>
    <summary>
      <h2>
        <xsl:apply-templates select="side[1]" mode="name"/>
        <xsl:text> and </xsl:text>
        <xsl:apply-templates select="side[2]" mode="name"/>
        <xsl:text>: </xsl:text>
        <span class="nowrap"><xsl:value-of select="@percent"/>&#xA0;% alike</span>
      </h2>
    </summary>
    <!-- Inside, so that a link to a pair opens it. -->
    <div class="sides" id="pair-{@n}"><xsl:apply-templates select="side"/></div>
  </details>
</xsl:template>

<xsl:template match="side" mode="name">
  <xsl:call-template name="person">
    <xsl:with-param name="name" select="@name"/>
    <xsl:with-param name="id" select="@student"/>
  </xsl:call-template>
</xsl:template>

<xsl:template match="side">
  <div class="side">
    <h3>
      <a href="{@page}"><xsl:apply-templates select="." mode="name"/></a>
      <xsl:if test="@name != ''">
        <span class="dim small">
          <xsl:text> </xsl:text>
          <bdi><xsl:value-of select="@student"/></bdi>
        </span>
      </xsl:if>
    </h3>
    <div class="scroll code" role="region" tabindex="0"
         aria-label="Pair {../@n}, code of {@student}">
      <div class="lines"><xsl:apply-templates select="line|gap"/></div>
    </div>
  </div>
</xsl:template>

<xsl:template match="line">
  <div class="l">
    <span class="n"><span><xsl:value-of select="@n"/></span></span>
    <code><xsl:call-template name="text"/></code>
  </div>
</xsl:template>

<xsl:template match="line[@same]">
  <div class="l same s{(@same - 1) mod 6}">
    <!-- Where a passage begins: its number, leading to the other side. -->
    <xsl:if test="@begins = 'first'">
      <xsl:attribute name="id">
        <xsl:call-template name="passage-id">
          <xsl:with-param name="side" select="count(../preceding-sibling::side)"/>
        </xsl:call-template>
      </xsl:attribute>
    </xsl:if>
    <span class="n">
      <xsl:if test="@begins">
        <xsl:choose>
          <xsl:when test="@other">
            <a class="k">
              <xsl:attribute name="href">
                <xsl:text>#</xsl:text>
                <xsl:call-template name="passage-id">
                  <xsl:with-param name="side" select="1 - count(../preceding-sibling::side)"/>
                </xsl:call-template>
              </xsl:attribute>
              <span class="hide">like passage </span>
              <xsl:value-of select="@same"/>
            </a>
          </xsl:when>
          <xsl:otherwise><span class="k"><xsl:value-of select="@same"/></span></xsl:otherwise>
        </xsl:choose>
        <xsl:text> </xsl:text>
      </xsl:if>
      <span><xsl:value-of select="@n"/></span>
    </span>
    <code><xsl:call-template name="text"/></code>
  </div>
</xsl:template>

<!-- pair-1-a-2: pair 1, the first side (0), passage 2. -->
<xsl:template name="passage-id">
  <xsl:param name="side"/>
  <xsl:text>pair-</xsl:text>
  <xsl:value-of select="../../@n"/>
  <xsl:choose>
    <xsl:when test="$side = 1">-b-</xsl:when>
    <xsl:otherwise>-a-</xsl:otherwise>
  </xsl:choose>
  <xsl:value-of select="@same"/>
</xsl:template>

<xsl:template match="gap">
  <div class="gap">
    <xsl:call-template name="count">
      <xsl:with-param name="of" select="@lines"/>
      <xsl:with-param name="one" select="'line'"/>
    </xsl:call-template>
    <xsl:text> left out</xsl:text>
  </div>
</xsl:template>

</xsl:stylesheet>
