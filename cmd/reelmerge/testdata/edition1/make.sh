#!/bin/sh
# Makes the campaigns of this folder again: REELMERGE=path/of/the/first/edition sh make.sh EXAMPLES OUT
# The first edition is the program as of commit 4e1e050; a later one makes other files.
set -eu
R=$REELMERGE; examples=$1; out=$2
mkdir -p "$out"; cd "$out"

campaign() { # NAME: a folder of its own, with the campaign on standard input
  mkdir "$1"; cat > "$1/campaign.yaml"
}
rows() { # FROM TO N: the header and the first N rows
  head -n $(($3 + 1)) "$1" > "$2"
}
run() { # NAME WANTED-CODE [FLAG…]
  name=$1; want=$2; shift 2; code=0
  (cd "$name" && "$R" run campaign.yaml --yes -q "$@") 2> "$name.said" || code=$?
  [ "$code" = "$want" ] || { cat "$name.said"; echo "$name: exit $code, not $want"; exit 1; }
  rm -f "$name.said"
}

# Two rows of six wait to be sent; the sheet is a workbook.
campaign colossyan-job <<'Y'
name: renewals
rows: {file: customers.xlsx, key: Customer ID, dates: "2 January 2006"}
template: renewal.template.json
variables: {name: {column: First Name, transform: [trim]}, renewal: Renewal Date, amount: Amount, city: {column: City, default: your city}}
provider: {name: colossyan, sandbox: {render: 10ms}}
budget: {limit: 400, unit: minutes}
output: {download: true, filename: "{key}.mp4"}
Y
cp "$examples/template-job/customers.xlsx" "$examples/template-job/renewal.template.json" colossyan-job/
run colossyan-job 0 --limit 4

campaign colossyan-video <<'Y'
rows: {file: starters.csv, key: Staff ID}
template: welcome.json
variables: {first_name: {column: Name, transform: [trim]}, role: Role, office: Office, start: Starts}
provider: {sandbox: {render: 10ms}}
output: {download: true, filename: "{row}-{key}.mp4"}
Y
rows "$examples/colossyan-video/starters.csv" colossyan-video/starters.csv 4
cp "$examples/colossyan-video/welcome.json" colossyan-video/
run colossyan-video 0

campaign kensa <<'Y'
rows: {file: products.csv, key: SKU}
template: product.template.json
provider: {name: kensa, sandbox: {render: 10ms}}
budget: {limit: 120, unit: credits}
prices: {table: prices.csv, as_of: 2026-11-01}
output: {download: true, filename: "{key}.mp4"}
Y
rows "$examples/kensa/products.csv" kensa/products.csv 3
cp "$examples/kensa/product.template.json" "$examples/kensa/prices.csv" kensa/
run kensa 0

campaign samsar-images <<'Y'
rows: {file: homes.csv, key: Listing}
template: home.template.json
variables: {page: Viewing page}
provider: {name: samsar, sandbox: {render: 10ms}}
Y
rows "$examples/samsar/image-list/homes.csv" samsar-images/homes.csv 3
cp "$examples/samsar/image-list/home.template.json" samsar-images/
run samsar-images 0

campaign samsar-text <<'Y'
rows: {file: offers.csv, key: Offer ID}
template: offer.template.json
provider: {name: samsar, sandbox: {render: 10ms}}
Y
rows "$examples/samsar/text-to-video/offers.csv" samsar-text/offers.csv 3
cp "$examples/samsar/text-to-video/offer.template.json" samsar-text/
run samsar-text 0

# Pictures and sounds go along.
campaign vidgen-media <<'Y'
rows: {file: customers.csv, key: Customer}
template: greeting.template.json
variables: {picture: Presenter picture, voice: Voice-over}
provider: {name: vidgen, sandbox: {render: 10ms}}
prices: {unit: jobs, per_job: 1}
output: {download: true, filename: "{key}.mp4"}
Y
rows "$examples/vidgen/customers.csv" vidgen-media/customers.csv 2
cp "$examples/vidgen/greeting.template.json" vidgen-media/
mkdir vidgen-media/faces vidgen-media/voices
cp "$examples/vidgen/faces/ana.png" "$examples/vidgen/faces/ben.png" vidgen-media/faces/
cp "$examples/vidgen/voices/7001.wav" "$examples/vidgen/voices/7002.wav" vidgen-media/voices/
run vidgen-media 0

invite() { # NAME: four guests
  printf '{"operation": "colossyan/template-job", "request": {"templateJobId": "t"},\n "variables": {"name": {"type": "string", "minLength": 1}},\n "duration": {"base_seconds": 60, "seconds_per_character": 0.2}}\n' > "$1/invite.json"
  printf 'id,name\nG-1,Ada\nG-2,Grace\nG-3,Zoë\nG-4,Linus\n' > "$1/guests.csv"
}

# No column names the rows: a hash of their values does.
campaign keyless <<'Y'
rows: {file: guests.csv}
template: invite.json
provider: {sandbox: {render: 10ms}}
output: {download: true}
Y
invite keyless
run keyless 0

campaign purged <<'Y'
rows: {file: guests.csv, key: id}
template: invite.json
provider: {sandbox: {render: 10ms}}
output: {download: true}
Y
invite purged
run purged 0
(cd purged && "$R" purge campaign.yaml --row G-2 --row G-4 --yes -q)

# The answer to the second submit was lost, and Colossyan cannot be searched.
campaign unsure <<'Y'
rows: {file: guests.csv, key: id}
template: invite.json
limits: {active: 1}
provider: {sandbox: {render: 10ms, faults: "accept-then-drop@2"}}
Y
invite unsure
run unsure 4

# One video failed, one row was cancelled before it was sent.
campaign ended <<'Y'
rows: {file: guests.csv, key: id}
template: invite.json
limits: {active: 1}
provider: {sandbox: {render: 10ms, faults: "failed@2"}}
Y
invite ended
run ended 3 --limit 3
(cd ended && "$R" cancel campaign.yaml --row G-4 --yes -q)

# Sheets without keys whose cells the first edition read otherwise than later ones do: rows
# are known by what it read.
workbook() { # NAME PROPERTIES FORMATS FIRST: rows.xlsx with a date, in a format of its own in each row
  mkdir -p "$1/x/_rels" "$1/x/xl/_rels" "$1/x/xl/worksheets"
  main=http://schemas.openxmlformats.org/spreadsheetml/2006/main
  of=http://schemas.openxmlformats.org/officeDocument/2006/relationships
  package=http://schemas.openxmlformats.org/package/2006
  kind=application/vnd.openxmlformats-officedocument.spreadsheetml
  cat > "$1/x/[Content_Types].xml" <<X
<Types xmlns="$package/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="$kind.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="$kind.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="$kind.worksheet+xml"/></Types>
X
  cat > "$1/x/_rels/.rels" <<X
<Relationships xmlns="$package/relationships"><Relationship Id="rId1" Type="$of/officeDocument" Target="xl/workbook.xml"/></Relationships>
X
  cat > "$1/x/xl/_rels/workbook.xml.rels" <<X
<Relationships xmlns="$package/relationships"><Relationship Id="rId1" Type="$of/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="$of/styles" Target="styles.xml"/></Relationships>
X
  cat > "$1/x/xl/workbook.xml" <<X
<workbook xmlns="$main" xmlns:r="$of"><workbookPr$2/><sheets><sheet name="Guests" sheetId="1" r:id="rId1"/></sheets><extLst><ext uri="{140A7094-0E35-4892-8432-C4D2E57EDEB5}" xmlns:x15="http://schemas.microsoft.com/office/spreadsheetml/2010/11/main"><x15:workbookPr chartTrackingRefBase="1"/></ext></extLst></workbook>
X
  numbers=; cells=; rows=; n=0
  while IFS='|' read -r value code; do
    n=$((n + 1)); id=$((163 + n))
    numbers="$numbers<numFmt numFmtId=\"$id\" formatCode=\"$code\"/>"
    cells="$cells<xf numFmtId=\"$id\" applyNumberFormat=\"1\"/>"
    rows="$rows<row r=\"$((n + 1))\"><c r=\"A$((n + 1))\" t=\"inlineStr\"><is><t>Guest $n</t></is></c><c r=\"B$((n + 1))\" s=\"$n\"><v>$value</v></c></row>"
  done < "$3"
  printf '<styleSheet xmlns="%s"><numFmts count="%s">%s</numFmts><fonts count="1"><font/></fonts><fills count="1"><fill/></fills><borders count="1"><border/></borders><cellXfs count="%s">%s<xf numFmtId="0"/>%s</cellXfs></styleSheet>' \
    "$main" "$n" "$numbers" "$((n + 1))" "$4" "$cells" > "$1/x/xl/styles.xml"
  printf '<worksheet xmlns="%s"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>name</t></is></c><c r="B1" t="inlineStr"><is><t>date</t></is></c></row>%s</sheetData></worksheet>' \
    "$main" "$rows" > "$1/x/xl/worksheets/sheet1.xml"
  (cd "$1/x" && zip -q -X -r ../rows.xlsx '[Content_Types].xml' _rels xl)
  rm -r "$1/x"
}
reread() { # NAME FILE: two rows are made, the others wait
  campaign "$1" <<Y
rows: {file: $2}
template: invite.json
provider: {sandbox: {render: 10ms}}
Y
  printf '{"operation": "colossyan/template-job", "request": {"templateJobId": "t"},\n "variables": {"name": {}, "date": {}},\n "duration": {"base_seconds": 60, "seconds_per_character": 0.2}}\n' > "$1/invite.json"
}
cat > formats <<'F'
0.75|[$-F400]h:mm:ss\ AM/PM
46095|[$-804]aaaa
46095|[$-42B]d\ mmmm\ yyyy
46095|[$-107041E]d\ mmmm\ yyyy;@
1234|[DBNum1][$-804]General
0.5|hh:mm:ss\ am/pm
F
cat > days <<'F'
46095|dd\.mm\.yyyy
44000|[$-409]d\ mmm\ yy
45000|yyyy\-mm\-dd
F
reread reread-formats rows.xlsx; workbook reread-formats '' formats ''
run reread-formats 0 --limit 4
reread reread-1904 rows.xlsx; workbook reread-1904 ' date1904="1"' days ''
run reread-1904 0 --limit 2
reread reread-spaces rows.xlsx; workbook reread-spaces '' days '
  '
run reread-spaces 0 --limit 2
reread reread-page rows.csv
printf 'name,date\nPawe\263 Wi\234niewski,1\nMa\263gorzata Zi\363\263kowska,2\nJ\363zef \214wi\271tek,3\n' > reread-page/rows.csv
run reread-page 0 --limit 2
rm formats days
