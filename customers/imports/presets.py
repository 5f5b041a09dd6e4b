"""What the exports of other programs call their columns; recognised by their headers, never by a file's name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from customers.imports.fields import fold


@dataclass(frozen=True, kw_only=True)
class Preset:
    """One export: it is recognised when ``least`` of its telling headers are there."""

    program: str
    kind: str
    telling: frozenset[str]
    least: int
    columns: Mapping[str, str] = field(default_factory=dict)
    """Folded header → our field; "" leaves the column out."""


def _preset(program: str, kind: str, telling: str, least: int, columns: str) -> Preset:
    pairs = (line.rpartition("=") for line in columns.split("|") if line.strip())
    return Preset(
        program=program, kind=kind, least=least,
        telling=frozenset(fold(word) for word in telling.split("|")),
        columns={fold(head): name.strip() for head, _sign, name in pairs},
    )  # fmt: skip


ADDRESS = "|{0} Street=address|{0} City=city|{0} State=region|{0} State/Province=region|{0} Postal Code=postcode|{0} Zip/Postal Code=postcode|{0} PostalCode=postcode|{0} Country=country|{0} Country/Region=country"
GOOGLE = (
    "E-mail 1 - Value=email|E-mail 2 - Value=email.other|Phone 1 - Value=phone|Phone 2 - Value=phone.other|Phone 3 - Value=phone.home"
    "|Address 1 - Street=address|Address 1 - City=city|Address 1 - Region=region|Address 1 - Postal Code=postcode|Address 1 - Country=country"
    "|Organization 1 - Name=company|Organization 1 - Title=title|Organization Name=company|Organization Title=title|Given Name=first_name"
    "|Family Name=last_name|First Name=first_name|Last Name=last_name|Name=name|File As=|Notes=note|Labels=tags|Group Membership=tags"
    "|Birthday=birth_date|Gender=gender|E-mail 1 - Type=|E-mail 1 - Label=|Phone 1 - Type=|Phone 1 - Label=|Photo=|Language=language"
    "|Address 1 - Formatted=|Address 1 - Type=|Address 1 - Label=|Organization 1 - Type=|Yomi Name=|Name Prefix=|Name Suffix="
)
OUTLOOK = (
    "Title=|First Name=first_name|Last Name=last_name|Company=company|Job Title=title|E-mail Address=email|E-mail 2 Address=email.other"
    "|E-mail 3 Address=|E-mail Display Name=|E-mail Type=|Business Phone=phone|Mobile Phone=phone.mobile|Home Phone=phone.home"
    "|Business Fax=phone.fax|Business Phone 2=phone.work|Primary Phone=|Other Phone=phone.other|Categories=tags|Notes=note|Birthday=birth_date|Gender=gender"
    "|Language=language|Home Street=|Home City=|Home State=|Home Postal Code=|Home Country/Region=|Other Street=|Other City=|Other State="
    "|Other Postal Code=|Other Country/Region=|Location=|Account=|Company Main Phone=|Web Page=|Business Street 2="
    + ADDRESS.format("Business")
)
SALESFORCE_TELLING = (
    "IsDeleted|MasterRecordId|SystemModstamp|LastModifiedById|CreatedById|OwnerId|LastViewedDate|LastReferencedDate"
)
HIDDEN = "|IsDeleted=|MasterRecordId=|SystemModstamp=|LastModifiedById=|CreatedById=|OwnerId=|LastModifiedDate=|LastActivityDate="

PRESETS = (
    _preset("google", "contacts", "E-mail 1 - Value|Phone 1 - Value|Given Name|Family Name|Group Membership|Labels|Organization 1 - Name"
            "|Organization Name|Yomi Name|Phonetic First Name|File As|E-mail 1 - Label|Phone 1 - Label", 3, GOOGLE),
    _preset("outlook", "contacts", "E-mail Address|E-mail Display Name|Business Phone|Business Street|Business Postal Code|Home Phone"
            "|Business Country/Region|E-mail Type|Primary Phone|Assistant's Phone", 3, OUTLOOK),
    _preset("hubspot", "deals", "Deal Name|Deal Stage|Deal owner|Associated Company|Associated Contact|Pipeline|Record ID", 3,
            "Record ID=external_id|Deal Name=title|Deal Stage=stage|Pipeline=pipeline|Amount=amount|Close Date=expected_on|Create Date=created_at"
            "|Deal owner=owner|Currency=currency|Associated Company IDs=customer.external_id|Associated Company=customer.name"
            "|Associated Company (Primary)=customer.name|Closed Lost Reason=lost_reason"),
    _preset("hubspot", "tickets", "Ticket ID|Ticket name|Ticket status|Ticket owner|Ticket description", 3,
            "Ticket ID=external_id|Record ID=external_id|Ticket name=subject|Ticket description=text|Ticket status=status|Priority=priority|Source=channel"
            "|Create date=created_at|Close date=resolved_at|Ticket owner=owner|Associated Company=customer.name|Associated Contact IDs=contact.external_id"),
    _preset("hubspot", "customers", "Record ID|Company name|Company owner|Company Domain Name|Industry|Lead Status|Lifecycle Stage", 4,
            "Record ID=external_id|Company name=name|Company owner=owner|Phone Number=phone|Street Address=address|City=city|State/Region=region"
            "|Postal Code=postcode|Country/Region=country|Lifecycle Stage=lifecycle|Description=note|Create Date="),
    _preset("hubspot", "contacts", "Record ID|First Name|Last Name|Contact owner|Lead Status|Associated Company|Lifecycle Stage|Last Activity Date", 5,
            "Record ID=external_id|First Name=first_name|Last Name=last_name|Email=email|Phone Number=phone|Mobile Phone Number=phone.mobile|Job Title=title"
            "|Contact owner=owner|Associated Company=customer.name|Associated Company IDs=customer.external_id|Company Name=company|City=city"
            "|State/Region=region|Postal Code=postcode|Country/Region=country|Street Address=address|Create Date=|Lead Status=|Lifecycle Stage="),
    _preset("odoo", "customers", "parent_id/id|parent_id|company_type|is_company|category_id|user_id|country_id|state_id|vat|Is a Company|Related Company"
            "|Salesperson|Tax ID|Job Position|Complete Name|street2", 3,
            "id=external_id|External ID=external_id|name=name|Complete Name=name|Display Name=name|display_name=name|email=email|phone=phone|mobile=phone.mobile"
            "|street=address|street2=|city=city|zip=postcode|state_id=region|country_id=country|function=title|Job Position=title|comment=note|Notes=note"
            "|category_id=tags|Tags=tags|user_id=owner|Salesperson=owner|lang=language|company_type=kind|Company Type=kind|parent_id=company|Related Company=company|title=|vat="),
    _preset("odoo", "deals", "Expected Revenue|expected_revenue|Salesperson|Opportunity|stage_id|partner_id|user_id|date_deadline|Expected Closing|Probability", 3,
            "id=external_id|External ID=external_id|name=title|Opportunity=title|partner_id=customer.name|Customer=customer.name|partner_id/id=customer.external_id"
            "|stage_id=stage|Stage=stage|expected_revenue=amount|Expected Revenue=amount|user_id=owner|Salesperson=owner|date_deadline=expected_on"
            "|Expected Closing=expected_on|create_date=created_at|Created on=created_at|lost_reason_id=lost_reason"),
    _preset("salesforce", "deals", f"{SALESFORCE_TELLING}|StageName|IsWon|IsClosed|ForecastCategory|Opportunity Name|Opportunity Owner", 4,
            "Id=external_id|Opportunity ID=external_id|Name=title|Opportunity Name=title|AccountId=customer.external_id|Account Name=customer.name|StageName=stage"
            "|Stage=stage|Amount=amount|CurrencyIsoCode=currency|CloseDate=expected_on|Close Date=expected_on|CreatedDate=created_at|Created Date=created_at"
            "|Opportunity Owner=owner" + HIDDEN),
    _preset("salesforce", "tickets", f"{SALESFORCE_TELLING}|CaseNumber|SuppliedEmail|Origin|IsEscalated|Case Number|Case Owner|Case Origin", 4,
            "Id=external_id|CaseNumber=number|Case Number=number|ContactId=contact.external_id|AccountId=customer.external_id|Account Name=customer.name"
            "|Subject=subject|Description=text|Status=status|Priority=priority|Origin=channel|Case Origin=channel|CreatedDate=created_at"
            "|ClosedDate=resolved_at|Case Owner=owner" + HIDDEN),
    _preset("salesforce", "campaigns", f"{SALESFORCE_TELLING}|NumberOfContacts|NumberOfLeads|BudgetedCost|ActualCost|ExpectedRevenue", 4,
            "Id=external_id|Name=name|Type=channel|Status=state|StartDate=starts_at|EndDate=ends_at|BudgetedCost=budget" + HIDDEN),
    _preset("salesforce", "touches", f"{SALESFORCE_TELLING}|CampaignId|LeadId|ContactId|HasResponded|FirstRespondedDate", 5,
            "Id=external_id|CampaignId=campaign.external_id|ContactId=contact.external_id|Status=status|CreatedDate=sent_at|FirstRespondedDate=converted_at" + HIDDEN),
    _preset("salesforce", "contacts", f"{SALESFORCE_TELLING}|MailingStreet|ReportsToId|AccountId|Salutation|Account Name|Contact Owner|Mailing Street|Mailing City", 4,
            "Id=external_id|Contact ID=external_id|AccountId=customer.external_id|Account Name=customer.name|FirstName=first_name|First Name=first_name|LastName=last_name"
            "|Last Name=last_name|Name=name|Title=title|Email=email|Phone=phone|MobilePhone=phone.mobile|Mobile=phone.mobile|HomePhone=phone.home|Fax=phone.fax"
            "|Birthdate=birth_date|Description=note|Contact Owner=owner|Salutation=|Account Owner=" + ADDRESS.format("Mailing") + HIDDEN),
    _preset("salesforce", "customers", f"{SALESFORCE_TELLING}|BillingStreet|BillingCity|NumberOfEmployees|AnnualRevenue|ParentId|Account Name|Account Owner|Billing City|Billing Street", 4,
            "Id=external_id|Account ID=external_id|Name=name|Account Name=name|Phone=phone|Fax=phone.fax|Description=note|Account Owner=owner|Type=" + ADDRESS.format("Billing") + HIDDEN),
)  # fmt: skip


def recognised(header: Sequence[str], kind: str | None = None) -> Preset | None:
    """The export that this header is of, the one with most telling words."""
    words = {fold(name) for name in header}
    found = [(len(preset.telling & words) - preset.least, preset) for preset in PRESETS if kind in (None, preset.kind)]
    best = max(found, key=lambda pair: pair[0], default=(-1, None))
    return best[1] if best[0] >= 0 else None
