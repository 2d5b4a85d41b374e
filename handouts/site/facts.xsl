<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  facts.xsl - what a reader can be sent to, and is sent to: a line each, "PAGE
  KIND LINE VALUE", for links.sh.  Kinds: id, link, image; and file, a path of
  the kit that stands in the text as code.
-->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:m="http://commonmark.org/xml/1.0">

<xsl:import href="markdown.xsl"/>
<xsl:output method="text" encoding="UTF-8"/>

<xsl:template match="/book">
  <xsl:apply-templates select="//m:heading | //m:link | //m:image | //m:code"
                       mode="fact"/>
</xsl:template>

<xsl:template name="fact">
  <xsl:param name="kind"/>
  <xsl:param name="value"/>
  <xsl:value-of select="concat(ancestor::page/@name, ' ', $kind, ' ',
    substring-before(@sourcepos, ':'), ' ', $value, '&#10;')"/>
</xsl:template>

<xsl:template match="m:heading" mode="fact">
  <xsl:call-template name="fact">
    <xsl:with-param name="kind">id</xsl:with-param>
    <xsl:with-param name="value"><xsl:call-template name="slug"/></xsl:with-param>
  </xsl:call-template>
</xsl:template>

<xsl:template match="m:link | m:image" mode="fact">
  <xsl:call-template name="fact">
    <xsl:with-param name="kind" select="local-name()"/>
    <xsl:with-param name="value" select="@destination"/>
  </xsl:call-template>
</xsl:template>

<!-- Students have these; a path with a blank or in capitals stands for many. -->
<xsl:template match="m:code" mode="fact">
  <xsl:if test="(starts-with(., 'labs/') or starts-with(., 'handouts/') or
                 starts-with(., 'grader/')) and not(contains(., ' ')) and
                translate(., 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', '') = .">
    <xsl:call-template name="fact">
      <xsl:with-param name="kind">file</xsl:with-param>
      <xsl:with-param name="value" select="."/>
    </xsl:call-template>
  </xsl:if>
</xsl:template>

</xsl:stylesheet>
