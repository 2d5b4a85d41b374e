<?xml version="1.0" encoding="UTF-8"?>
<!-- SPDX-License-Identifier: MIT -->
<!--
  class.xsl - a whole class, for its instructor: what needs a look first, then
  who has what, then what the class as a whole has and has not understood.
-->
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">

<xsl:import href="common.xsl"/>

<!-- As many of a lab's tests, hardest first, are shown at once. -->
<xsl:variable name="hardest" select="4"/>

<xsl:template match="/class-report">
  <xsl:call-template name="page">
    <xsl:with-param name="kind" select="'class'"/>
    <xsl:with-param name="title">IPC labs: overview of the class</xsl:with-param>
    <xsl:with-param name="header"><xsl:call-template name="top"/></xsl:with-param>
    <xsl:with-param name="main">
      <xsl:if test="error"><xsl:call-template name="errors"/></xsl:if>
      <xsl:call-template name="students"/>
      <xsl:call-template name="labs"/>
      <xsl:if test="misconception"><xsl:call-template name="misconceptions"/></xsl:if>
      <xsl:if test="pairs/pair"><xsl:call-template name="likeness"/></xsl:if>
      <xsl:if test="ignored"><xsl:call-template name="ignored"/></xsl:if>
    </xsl:with-param>
  </xsl:call-template>
</xsl:template>

<!-- ==== Head ============================================================ -->

<xsl:template name="top">
  <p class="over">IPC labs</p>
  <h1>Overview of the class</h1>
  <p class="lead">
    <strong><xsl:value-of select="@handed-in"/></strong>
    <xsl:text> of </xsl:text>
    <strong>
      <xsl:call-template name="count">
        <xsl:with-param name="of" select="@students"/>
        <xsl:with-param name="one" select="'student'"/>
      </xsl:call-template>
    </strong>
    <xsl:text> handed something in. </xsl:text>
    <xsl:call-template name="count">
      <xsl:with-param name="of" select="@jobs"/>
      <xsl:with-param name="one" select="'submission'"/>
    </xsl:call-template>
    <xsl:choose>
      <xsl:when test="@jobs = 1"> was graded</xsl:when>
      <xsl:otherwise> were graded</xsl:otherwise>
    </xsl:choose>
    <xsl:choose>
      <xsl:when test="@cached = @jobs and @jobs &gt; 0">, all known from earlier</xsl:when>
      <xsl:when test="@cached &gt; 0">
        <xsl:text>, </xsl:text>
        <xsl:value-of select="@cached"/>
        <xsl:text> of them known from earlier</xsl:text>
      </xsl:when>
    </xsl:choose>
    <xsl:text>.</xsl:text>
  </p>
  <p class="dim">
    <xsl:if test="@sandbox != ''">
      <xsl:text>Sandbox: </xsl:text>
      <xsl:value-of select="@sandbox"/>
      <xsl:if test="@sandbox = 'basic'">, the weaker level</xsl:if>
      <xsl:text>. </xsl:text>
    </xsl:if>
    <xsl:if test="@hidden != ''">
      <xsl:text>Kept from the students’ reports: </xsl:text>
      <code><xsl:value-of select="@hidden"/></code>
      <xsl:text>.</xsl:text>
    </xsl:if>
  </p>
  <nav aria-label="On this page">
    <ul class="jump">
      <xsl:if test="error">
        <li><a href="#errors">To look at first</a></li>
      </xsl:if>
      <li><a href="#students">Students</a></li>
      <li><a href="#labs">Labs</a></li>
      <xsl:if test="misconception">
        <li><a href="#misconceptions">Misconceptions</a></li>
      </xsl:if>
      <xsl:if test="pairs/pair"><li><a href="#alike">Alike</a></li></xsl:if>
      <xsl:if test="ignored"><li><a href="#ignored">Ignored files</a></li></xsl:if>
    </ul>
  </nav>
</xsl:template>

<!-- ==== Errors ========================================================== -->

<xsl:template name="errors">
  <section id="errors">
    <h2>To look at first</h2>
    <p>
      <xsl:text>Here the grader could not tell, by no fault of a submission. </xsl:text>
      <xsl:text>These are not scored as zero; see </xsl:text>
      <code>ipclab doctor</code>
      <xsl:text> and grade them again, or settle a test with </xsl:text>
      <code>ipclab override</code>
      <xsl:text>.</xsl:text>
    </p>
    <ul class="plainlist">
      <xsl:for-each select="error">
        <li class="notice warn">
          <a href="{@page}">
            <xsl:call-template name="person">
              <xsl:with-param name="name" select="@name"/>
              <xsl:with-param name="id" select="@student"/>
            </xsl:call-template>
          </a>
          <xsl:text>, </xsl:text>
          <xsl:value-of select="@lab"/>
          <xsl:if test="@test != ''">
            <xsl:text>, </xsl:text>
            <code><xsl:value-of select="@test"/></code>
          </xsl:if>
          <xsl:if test="@why != ''">
            <xsl:text>: </xsl:text>
            <xsl:call-template name="text">
              <xsl:with-param name="of" select="@why"/>
            </xsl:call-template>
          </xsl:if>
        </li>
      </xsl:for-each>
    </ul>
  </section>
</xsl:template>

<!-- ==== Students ======================================================== -->

<xsl:template name="students">
  <section id="students">
    <h2>Students</h2>
    <xsl:if test="unknown">
      <p class="notice">
        <xsl:text>Handed in but not in the roster: </xsl:text>
        <xsl:for-each select="unknown">
          <xsl:if test="position() &gt; 1">, </xsl:if>
          <bdi><xsl:value-of select="@student"/></bdi>
        </xsl:for-each>
        <xsl:text>.</xsl:text>
      </p>
    </xsl:if>
    <xsl:choose>
      <xsl:when test="student"><xsl:call-template name="grid"/></xsl:when>
      <xsl:otherwise><p class="dim">No student is known yet.</p></xsl:otherwise>
    </xsl:choose>
  </section>
</xsl:template>

<xsl:template name="grid">
  <div class="scroll tall" role="region" tabindex="0" aria-label="Points of all students">
    <table class="grid">
      <caption class="hide">Points of each student in each lab</caption>
      <thead>
        <tr>
          <th scope="col">Student</th>
          <th scope="col" class="num">Total</th>
          <xsl:for-each select="lab">
            <th scope="col" class="num">
              <a href="#lab-{@name}"><xsl:value-of select="@name"/></a>
            </th>
          </xsl:for-each>
        </tr>
      </thead>
      <tbody><xsl:apply-templates select="student"/></tbody>
      <tfoot>
        <xsl:call-template name="foot">
          <xsl:with-param name="label" select="'Mean'"/>
          <xsl:with-param name="of" select="lab/@mean"/>
        </xsl:call-template>
        <xsl:call-template name="foot">
          <xsl:with-param name="label" select="'Median'"/>
          <xsl:with-param name="of" select="lab/@median"/>
        </xsl:call-template>
        <xsl:call-template name="foot">
          <xsl:with-param name="label" select="'Not handed in'"/>
          <xsl:with-param name="of" select="lab/@missing"/>
        </xsl:call-template>
      </tfoot>
    </table>
  </div>
</xsl:template>

<xsl:template name="foot">
  <xsl:param name="label"/>
  <xsl:param name="of"/>
  <tr>
    <th scope="row"><xsl:value-of select="$label"/></th>
    <td></td>
    <xsl:for-each select="lab">
      <xsl:variable name="value" select="$of[generate-id(..) =
                                             generate-id(current())]"/>
      <td class="num">
        <xsl:value-of select="$value"/>
        <xsl:if test="not($value != '')">
          <span aria-hidden="true">–</span>
          <span class="hide">none</span>
        </xsl:if>
      </td>
    </xsl:for-each>
  </tr>
</xsl:template>

<xsl:template match="student">
  <xsl:variable name="cells" select="cell"/>
  <tr>
    <th scope="row">
      <xsl:choose>
        <xsl:when test="@page != ''">
          <a href="{@page}"><xsl:apply-templates select="." mode="name"/></a>
        </xsl:when>
        <xsl:otherwise><xsl:apply-templates select="." mode="name"/></xsl:otherwise>
      </xsl:choose>
      <span class="id">
        <xsl:if test="@name != ''">
          <bdi><xsl:value-of select="@id"/></bdi>
          <xsl:if test="@section != ''">, </xsl:if>
        </xsl:if>
        <bdi><xsl:value-of select="@section"/></bdi>
        <xsl:if test="@roster = 'no'">
          <xsl:if test="@name != '' or @section != ''">, </xsl:if>
          <xsl:text>not in the roster</xsl:text>
        </xsl:if>
      </span>
    </th>
    <td class="num">
      <span class="sum"><xsl:value-of select="@total"/></span>
      <span class="hide"> of <xsl:value-of select="@max"/></span>
      <xsl:call-template name="bar">
        <xsl:with-param name="of" select="@total"/>
        <xsl:with-param name="max" select="@max"/>
      </xsl:call-template>
    </td>
    <xsl:for-each select="/class-report/lab">
      <xsl:variable name="cell" select="$cells[@lab = current()/@name]"/>
      <td class="num">
        <xsl:choose>
          <xsl:when test="$cell"><xsl:apply-templates select="$cell"/></xsl:when>
          <xsl:otherwise><xsl:call-template name="nothing"/></xsl:otherwise>
        </xsl:choose>
      </td>
    </xsl:for-each>
  </tr>
</xsl:template>

<xsl:template match="student|who" mode="name">
  <xsl:call-template name="person">
    <xsl:with-param name="name" select="@name"/>
    <xsl:with-param name="id" select="@id|@student"/>
  </xsl:call-template>
</xsl:template>

<xsl:template name="nothing">
  <span class="dim" aria-hidden="true">–</span>
  <span class="hide">not handed in</span>
</xsl:template>

<xsl:template match="cell[@status = 'missing']">
  <xsl:call-template name="nothing"/>
</xsl:template>

<xsl:template match="cell">
  <xsl:variable name="words">
    <xsl:choose>
      <xsl:when test="@status = 'error'">?</xsl:when>
      <xsl:when test="@status = 'waiting'">–</xsl:when>
      <xsl:otherwise><xsl:value-of select="@points"/></xsl:otherwise>
    </xsl:choose>
  </xsl:variable>
  <xsl:choose>
    <xsl:when test="@href != ''">
      <a href="{@href}"><xsl:value-of select="$words"/></a>
    </xsl:when>
    <xsl:otherwise><xsl:value-of select="$words"/></xsl:otherwise>
  </xsl:choose>
  <xsl:if test="@status != 'error' and @status != 'waiting'">
    <xsl:call-template name="bar">
      <xsl:with-param name="of" select="@points"/>
      <xsl:with-param name="max" select="@max"/>
    </xsl:call-template>
  </xsl:if>
  <xsl:variable name="flags">
    <xsl:if test="@status = 'error'">, not graded</xsl:if>
    <xsl:if test="@status = 'waiting'">, not graded yet</xsl:if>
    <xsl:if test="@status = 'unbuilt'">, does not build</xsl:if>
    <xsl:if test="@late = 'yes'">, late</xsl:if>
    <xsl:if test="@override = 'yes'">, by hand</xsl:if>
    <xsl:if test="@attempts &gt; 1">
      <xsl:text>, </xsl:text>
      <xsl:value-of select="@attempts"/>
      <xsl:text> tries</xsl:text>
    </xsl:if>
  </xsl:variable>
  <xsl:if test="$flags != ''">
    <span class="flags"><xsl:value-of select="substring($flags, 3)"/></span>
  </xsl:if>
</xsl:template>

<!-- ==== Labs ============================================================ -->

<xsl:template name="labs">
  <section id="labs">
    <h2>Labs</h2>
    <xsl:apply-templates select="lab"/>
  </section>
</xsl:template>

<xsl:template match="lab">
  <article class="oflab" id="lab-{@name}">
    <h3><xsl:value-of select="@name"/></h3>
    <xsl:choose>
      <xsl:when test="@graded = 0">
        <p class="dim">Nothing of this lab has been graded.</p>
      </xsl:when>
      <xsl:otherwise>
        <p class="dim">
          <xsl:value-of select="@graded"/>
          <xsl:text> graded, </xsl:text>
          <xsl:value-of select="@missing"/>
          <xsl:text> not handed in</xsl:text>
          <xsl:if test="@ungraded &gt; 0">
            <xsl:text>, </xsl:text>
            <xsl:value-of select="@ungraded"/>
            <xsl:text> without a grade</xsl:text>
          </xsl:if>
          <xsl:text>; mean </xsl:text>
          <xsl:value-of select="@mean"/>
          <xsl:text>, median </xsl:text>
          <xsl:value-of select="@median"/>
          <xsl:text> of </xsl:text>
          <xsl:value-of select="@max"/>
          <xsl:text>; full marks: </xsl:text>
          <xsl:value-of select="@full"/>
          <xsl:text>.</xsl:text>
        </p>
        <div class="pair-of">
          <xsl:call-template name="chart"/>
          <div>
            <xsl:call-template name="tests">
              <xsl:with-param name="of" select="test[position() &lt;= $hardest]"/>
              <xsl:with-param name="caption"
                              select="concat('Hardest tests of ', @name)"/>
            </xsl:call-template>
            <xsl:if test="test[position() &gt; $hardest]">
              <details class="short">
                <summary>
                  <xsl:call-template name="count">
                    <xsl:with-param name="of" select="count(test) - $hardest"/>
                    <xsl:with-param name="one" select="'more test'"/>
                  </xsl:call-template>
                  <span class="hide"> of <xsl:value-of select="@name"/></span>
                </summary>
                <xsl:call-template name="tests">
                  <xsl:with-param name="of" select="test[position() &gt; $hardest]"/>
                  <xsl:with-param name="caption"
                                  select="concat('Other tests of ', @name)"/>
                </xsl:call-template>
              </details>
            </xsl:if>
          </div>
        </div>
      </xsl:otherwise>
    </xsl:choose>
  </article>
</xsl:template>

<!-- How many have how many points: bars, and the same in words. -->
<xsl:template name="chart">
  <xsl:variable name="top">
    <xsl:for-each select="bin">
      <xsl:sort select="@count" data-type="number" order="descending"/>
      <xsl:if test="position() = 1"><xsl:value-of select="@count"/></xsl:if>
    </xsl:for-each>
  </xsl:variable>
  <xsl:variable name="words">
    <xsl:for-each select="bin[@count &gt; 0]">
      <xsl:text>; </xsl:text>
      <xsl:value-of select="@from"/>
      <xsl:if test="@to != @from"> to <xsl:value-of select="@to"/></xsl:if>
      <xsl:text> points: </xsl:text>
      <xsl:value-of select="@count"/>
    </xsl:for-each>
  </xsl:variable>
  <div>
    <svg class="chart" viewBox="0 0 286 112" role="img"
         aria-label="{concat('Students by points in ', @name, $words)}">
      <xsl:for-each select="bin">
        <xsl:variable name="x" select="(position() - 1) * 26"/>
        <xsl:variable name="height">
          <xsl:choose>
            <xsl:when test="$top &gt; 0">
              <xsl:value-of select="format-number(76 * @count div $top, '0.##')"/>
            </xsl:when>
            <xsl:otherwise>0</xsl:otherwise>
          </xsl:choose>
        </xsl:variable>
        <xsl:if test="@count &gt; 0">
          <rect class="fill" x="{$x + 2}" y="{94 - $height}" width="22" height="{$height}">
            <xsl:if test="@from = @to">
              <xsl:attribute name="class">fill whole</xsl:attribute>
            </xsl:if>
          </rect>
          <text class="value" x="{$x + 13}" y="{90 - $height}">
            <xsl:value-of select="@count"/>
          </text>
        </xsl:if>
        <text x="{$x + 13}" y="107">
          <xsl:value-of select="@from"/>
          <xsl:if test="@from != @to">+</xsl:if>
        </text>
      </xsl:for-each>
      <line x1="0" y1="94.5" x2="286" y2="94.5"/>
    </svg>
  </div>
</xsl:template>

<xsl:template name="tests">
  <xsl:param name="of"/>
  <xsl:param name="caption"/>
  <xsl:if test="$of">
    <table class="tests">
      <caption class="hide"><xsl:value-of select="$caption"/></caption>
      <thead>
        <tr>
          <th scope="col">
            <xsl:choose>
              <xsl:when test="starts-with($caption, 'Hard')">Hardest tests</xsl:when>
              <xsl:otherwise>Other tests</xsl:otherwise>
            </xsl:choose>
          </th>
          <th scope="col">Passed</th>
        </tr>
      </thead>
      <tbody>
        <xsl:for-each select="$of">
          <tr>
            <th scope="row">
              <code><xsl:value-of select="@name"/></code>
              <br/>
              <span class="dim small"><xsl:value-of select="@description"/></span>
            </th>
            <td>
              <xsl:value-of select="@passed"/>
              <span class="dim">
                <xsl:text> of </xsl:text>
                <xsl:value-of select="@passed + @failed"/>
                <xsl:if test="@share != ''">, <xsl:value-of select="@share"/>&#xA0;%</xsl:if>
              </span>
              <xsl:call-template name="bar">
                <xsl:with-param name="of" select="@share"/>
              </xsl:call-template>
              <xsl:if test="@errors &gt; 0">
                <span class="small"><xsl:value-of select="@errors"/> not judged</span>
              </xsl:if>
            </td>
          </tr>
        </xsl:for-each>
      </tbody>
    </table>
  </xsl:if>
</xsl:template>

<!-- ==== Misconceptions ================================================== -->

<xsl:template name="misconceptions">
  <section id="misconceptions">
    <h2>Misconceptions</h2>
    <p class="dim">The commonest first; the sentence is what one of the students was told.</p>
    <ol class="beliefs">
      <xsl:apply-templates select="misconception"/>
    </ol>
  </section>
</xsl:template>

<xsl:template match="misconception">
  <li>
    <p class="diagnosis">
      <xsl:call-template name="text">
        <xsl:with-param name="of" select="@sentence"/>
      </xsl:call-template>
    </p>
    <p class="dim">
      <xsl:call-template name="count">
        <xsl:with-param name="of" select="@count"/>
        <xsl:with-param name="one" select="'student'"/>
      </xsl:call-template>
      <xsl:text> in </xsl:text>
      <a href="#lab-{@lab}"><xsl:value-of select="@lab"/></a>
      <xsl:text>: </xsl:text>
      <code><xsl:value-of select="@id"/></code>
    </p>
    <ul class="who">
      <xsl:for-each select="who">
        <li>
          <a href="{@page}#{../@lab}"><xsl:apply-templates select="." mode="name"/></a>
        </li>
      </xsl:for-each>
    </ul>
  </li>
</xsl:template>

<!-- ==== Likeness ======================================================== -->

<xsl:template name="likeness">
  <section id="alike">
    <h2>Submissions that are alike</h2>
    <p>
      <xsl:text>Likeness has many causes: a small task, a shared lecture </xsl:text>
      <xsl:text>example, working together as allowed. Read both before you </xsl:text>
      <xsl:text>talk to anybody.</xsl:text>
    </p>
    <xsl:for-each select="pairs[pair]">
      <article class="oflab">
        <h3><a href="{@page}"><xsl:value-of select="@lab"/></a></h3>
        <p class="dim">
          <xsl:value-of select="@compared"/>
          <xsl:text> submissions were compared; any two of them are typically </xsl:text>
          <xsl:value-of select="@usual"/>
          <xsl:text>&#xA0;% alike (the median).</xsl:text>
        </p>
        <table class="tests">
          <caption class="hide">Pairs of <xsl:value-of select="@lab"/> that are more alike than usual</caption>
          <thead>
            <tr>
              <th scope="col">Submissions of</th>
              <th scope="col">Alike</th>
            </tr>
          </thead>
          <tbody>
            <xsl:for-each select="pair">
              <tr>
                <th scope="row">
                  <a href="{@href}">
                    <xsl:call-template name="person">
                      <xsl:with-param name="name" select="@a-name"/>
                      <xsl:with-param name="id" select="@a"/>
                    </xsl:call-template>
                    <xsl:text> and </xsl:text>
                    <xsl:call-template name="person">
                      <xsl:with-param name="name" select="@b-name"/>
                      <xsl:with-param name="id" select="@b"/>
                    </xsl:call-template>
                  </a>
                </th>
                <td>
                  <xsl:value-of select="@percent"/>&#xA0;%
                  <xsl:call-template name="bar">
                    <xsl:with-param name="of" select="@percent"/>
                  </xsl:call-template>
                </td>
              </tr>
            </xsl:for-each>
          </tbody>
        </table>
      </article>
    </xsl:for-each>
  </section>
</xsl:template>

<!-- ==== Ignored files =================================================== -->

<xsl:template name="ignored">
  <section id="ignored">
    <h2>Ignored files</h2>
    <details class="short">
      <summary>
        <xsl:call-template name="count">
          <xsl:with-param name="of" select="count(ignored)"/>
          <xsl:with-param name="one" select="'file'"/>
        </xsl:call-template>
        <xsl:text> not graded</xsl:text>
      </summary>
      <ul>
        <xsl:for-each select="ignored">
          <li>
            <code>
              <xsl:call-template name="text">
                <xsl:with-param name="of" select="@path"/>
              </xsl:call-template>
            </code>
            <xsl:if test="@why != ''">
              <xsl:text>: </xsl:text>
              <xsl:value-of select="@why"/>
            </xsl:if>
          </li>
        </xsl:for-each>
      </ul>
    </details>
  </section>
</xsl:template>

</xsl:stylesheet>
