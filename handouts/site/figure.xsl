<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  figure.xsl - what stands in a figure of `ipclab show`, for check.sh: a line for
  each step, its process and what it did, without its number; and each other
  text: the processes, what the end was, who waits for whom.
-->
<xsl:stylesheet version="1.0"
                xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
                xmlns:svg="http://www.w3.org/2000/svg">

<xsl:output method="text" encoding="UTF-8"/>

<xsl:template match="/">
  <xsl:apply-templates select="//svg:text[not(@class = 'number')]"/>
</xsl:template>

<xsl:template match="svg:text">
  <xsl:value-of select="concat(normalize-space(), '&#10;')"/>
</xsl:template>

<!-- The number of a step stands before its process. -->
<xsl:template match="svg:text[preceding-sibling::svg:text[1]/@class = 'number']">
  <xsl:value-of select="concat(normalize-space(), ' ')"/>
</xsl:template>

</xsl:stylesheet>
